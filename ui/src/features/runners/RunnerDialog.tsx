import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api } from "../../api/client";
import { messageOf } from "../../api/problem";
import { keys } from "../../api/queries";
import { Button } from "../../design/Button";
import { Dialog } from "../../design/Dialog";
import { Notice } from "../../design/Page";
import type { Runner } from "./pools";

/** Drain: finish what it has, take nothing new. Revoke: its key is void from now on. */
export function RunnerDialog({ verb, runner, onClose }: { verb: "drain" | "revoke"; runner: Runner; onClose: () => void }) {
  const client = useQueryClient();
  const send = useMutation({
    mutationFn: () => {
      const params = { path: { runner: runner.id } };
      return verb === "drain"
        ? api.POST("/api/v1/runners/{runner}/drain", { params })
        : api.POST("/api/v1/runners/{runner}/revoke", { params });
    },
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: keys.runners });
      onClose();
    },
  });
  const name = verb === "drain" ? "Drain" : "Revoke";
  return (
    <Dialog
      title={`${name} ${runner.name}`}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look={verb === "drain" ? "primary" : "danger"} onClick={() => send.mutate()} sending={send.isPending}>
            {name} {runner.name}
          </Button>
        </>
      }
    >
      {send.isError && <Notice tone="bad">{messageOf(send.error)}</Notice>}
      {verb === "drain" ? (
        <p>
          It finishes the {runner.busy === 1 ? "job" : `${runner.busy} jobs`} that it has and takes nothing new. The runner stops by itself
          when the last one is over.
        </p>
      ) : (
        <p>
          Its key is void at once.{" "}
          {runner.busy > 0 && `The ${runner.busy} jobs that it has are lost: what touched a target becomes unknown. `}
          To come back it must join anew with a token.
        </p>
      )}
    </Dialog>
  );
}
