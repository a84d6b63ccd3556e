import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";
import { idempotencyKey } from "../../api/client";
import { keys } from "../../api/queries";

/**
 * Sends an act. The same act sent again (a second press, an answer that got lost) carries the same key and has no second effect; another
 * content gets another key. What changes on the pages comes from the server's events, and from a fresh look when it answers.
 */
export function useAct<Request>(pipeline: string, send: (request: Request, headers: { "Idempotency-Key": string }) => Promise<unknown>) {
  const client = useQueryClient();
  const sent = useRef<{ content: string; key: string } | null>(null);
  return useMutation({
    mutationFn: (request: Request) => {
      const content = JSON.stringify(request);
      if (sent.current?.content !== content) sent.current = { content, key: idempotencyKey() };
      return send(request, { "Idempotency-Key": sent.current.key });
    },
    onSuccess: async () => {
      sent.current = null;
      await Promise.all([
        client.invalidateQueries({ queryKey: keys.pipeline(pipeline) }),
        client.invalidateQueries({ queryKey: keys.approvals }),
        client.invalidateQueries({ queryKey: keys.pipelines }),
      ]);
    },
  });
}
