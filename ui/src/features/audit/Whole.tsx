import { useMutation } from "@tanstack/react-query";
import { api, body } from "../../api/client";
import { messageOf } from "../../api/problem";
import { Button } from "../../design/Button";
import { Status } from "../../design/Status";

/** Asks the server whether its chain of records is whole: nothing left out, nothing changed. */
export function Whole() {
  const check = useMutation({ mutationFn: async () => body(await api.GET("/api/v1/audit/verify", {})) });
  return (
    <span role="status" style={{ display: "inline-flex", gap: 10, alignItems: "center" }}>
      {check.isError && <span className="c-bad">{messageOf(check.error)}</span>}
      {check.data?.is_whole && <Status look={{ glyph: "ok", tone: "ok", word: "nothing is missing or changed" }} />}
      {check.data !== undefined && !check.data.is_whole && (
        <Status look={{ glyph: "bad", tone: "bad", word: `broken at ${check.data.first_bad ?? "an unknown record"}` }} />
      )}
      <Button onClick={() => check.mutate()} sending={check.isPending}>
        Verify
      </Button>
    </span>
  );
}
