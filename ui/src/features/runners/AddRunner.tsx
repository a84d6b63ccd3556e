import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { api, body } from "../../api/client";
import { messageOf } from "../../api/problem";
import { Button } from "../../design/Button";
import { Dialog } from "../../design/Dialog";
import { Field } from "../../design/Field";
import { Notice } from "../../design/Page";
import { Secret } from "../../design/Secret";
import { Left } from "../../design/Time";
import { addCommand } from "./pools";

/** A one-time token, and the command that uses it. */
export function AddRunner({ pools, onClose }: { pools: readonly string[]; onClose: () => void }) {
  const [pool, setPool] = useState(pools[0] ?? "default");
  const make = useMutation({
    mutationFn: async () => body(await api.POST("/api/v1/runners/tokens", { body: { pool: pool.trim() } })),
  });
  return (
    <Dialog
      title="Add a runner"
      onClose={onClose}
      wide
      footer={
        make.data === undefined ? (
          <>
            <Button onClick={onClose}>Cancel</Button>
            <Button look="primary" onClick={() => make.mutate()} sending={make.isPending} disabled={pool.trim() === ""}>
              Make a token
            </Button>
          </>
        ) : (
          <Button look="primary" onClick={onClose}>
            Done
          </Button>
        )
      }
    >
      {make.isError && <Notice tone="bad">{messageOf(make.error)}</Notice>}
      {make.data === undefined ? (
        <Field
          label="Pool"
          hint="Jobs name the pool that they run on; a new name makes a new pool."
          value={pool}
          onChange={(event) => setPool(event.target.value)}
          list="pools"
        />
      ) : (
        <>
          <p>
            Run this on the machine that shall execute jobs. The token works once, and is shown only now: <Left at={make.data.expires_at} />
            .
          </p>
          <Secret label="Command" text={addCommand(location.origin, make.data.token)} />
        </>
      )}
      <datalist id="pools">
        {pools.map((each) => (
          <option key={each} value={each} />
        ))}
      </datalist>
    </Dialog>
  );
}
