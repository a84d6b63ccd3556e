import { queryOptions } from "@tanstack/react-query";
import { api, body } from "../../api/client";
import { keys } from "../../api/queries";

/** What there is to see before one gate of one release is approved. */
export const evidence = (pipeline: string, number: number, gate: string) =>
  queryOptions({
    queryKey: [...keys.approvals, "evidence", pipeline, number, gate],
    queryFn: async ({ signal }) =>
      body(
        await api.GET("/api/v1/pipelines/{pipeline}/releases/{number}/evidence", {
          params: { path: { pipeline, number }, query: { gate } },
          signal,
        }),
      ),
  });
