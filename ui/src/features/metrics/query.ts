import { queryOptions } from "@tanstack/react-query";
import { api, body, type Schemas } from "../../api/client";

export type Metrics = Schemas["MetricsAnswer"];
export type Point = Schemas["Point"];
export type StepMeasure = Schemas["StepMeasure"];

const REFETCH_MS = 60_000;

/** Measures of one pipeline with its jobs, or of all together. */
export const metrics = (pipeline: string | undefined, days: number) =>
  queryOptions({
    queryKey: ["metrics", pipeline ?? null, days],
    queryFn: async ({ signal }) =>
      body(await api.GET("/api/v1/metrics", { params: { query: { days, ...(pipeline === undefined ? {} : { pipeline }) } }, signal })),
    staleTime: REFETCH_MS,
    refetchInterval: REFETCH_MS,
  });
