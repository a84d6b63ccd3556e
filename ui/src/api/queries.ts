import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, body, type Schemas } from "./client";
import { progressOf } from "./progress";

/**
 * Every query of the pages: its key and how it is fetched. A key begins with its topic's noun, so that the live stream can say what to refetch
 * (`live/patch.ts`): `["pipeline", name, …]` belongs to the topic `p/<name>`.
 */
export const keys = {
  me: ["me"] as const,
  pipelines: ["pipelines"] as const,
  pipeline: (name: string) => ["pipeline", name] as const,
  approvals: ["approvals"] as const,
  monitors: ["monitors"] as const,
  runners: ["runners"] as const,
  queue: ["queue"] as const,
  audit: ["audit"] as const,
  attempt: (id: string) => ["attempt", id] as const,
};

export const me = queryOptions({
  queryKey: keys.me,
  queryFn: async ({ signal }) => body(await api.GET("/api/v1/session", { signal })),
  staleTime: Number.POSITIVE_INFINITY,
  retry: false,
});

const PIPELINES_AT_ONCE = 100;

/** `q`: words; `only`: `failing`, `waiting` or `mine`; `names`: with commas between. */
export type PipelineFilter = { q?: string; only?: string; names?: string };

/** The list of pipelines, page after page. */
export const pipelinePages = (filter: PipelineFilter = {}) =>
  infiniteQueryOptions({
    queryKey: [...keys.pipelines, "pages", filter],
    queryFn: async ({ pageParam, signal }) => {
      const query = { ...filter, limit: PIPELINES_AT_ONCE, ...(pageParam === undefined ? {} : { cursor: pageParam }) };
      return body(await api.GET("/api/v1/pipelines", { params: { query: query as never }, signal }));
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
  });

export const pipeline = (name: string) =>
  queryOptions({
    queryKey: [...keys.pipeline(name), "show"],
    queryFn: async ({ signal }) => body(await api.GET("/api/v1/pipelines/{pipeline}", { params: { path: { pipeline: name } }, signal })),
  });

export const board = (name: string) =>
  queryOptions({
    queryKey: [...keys.pipeline(name), "board"],
    queryFn: async ({ signal }) =>
      body(await api.GET("/api/v1/pipelines/{pipeline}/board", { params: { path: { pipeline: name } }, signal })),
  });

export const progress = (name: string, limit = 50) =>
  queryOptions({
    queryKey: [...keys.pipeline(name), "progress", limit],
    queryFn: async ({ signal }) =>
      progressOf(
        body(await api.GET("/api/v1/pipelines/{pipeline}/progress", { params: { path: { pipeline: name }, query: { limit } }, signal })),
      ),
  });

export const compare = (name: string, from: string, to: string) =>
  queryOptions({
    queryKey: [...keys.pipeline(name), "compare", from, to],
    queryFn: async ({ signal }) =>
      body(await api.GET("/api/v1/pipelines/{pipeline}/compare", { params: { path: { pipeline: name }, query: { from, to } }, signal })),
  });

export const releases = (name: string, page: { cursor?: string; limit?: number } = {}) =>
  queryOptions({
    queryKey: [...keys.pipeline(name), "releases", page],
    queryFn: async ({ signal }) =>
      body(await api.GET("/api/v1/pipelines/{pipeline}/releases", { params: { path: { pipeline: name }, query: page }, signal })),
  });

export const release = (name: string, number: number) =>
  queryOptions({
    queryKey: [...keys.pipeline(name), "release", number],
    queryFn: async ({ signal }) =>
      body(await api.GET("/api/v1/pipelines/{pipeline}/releases/{number}", { params: { path: { pipeline: name, number } }, signal })),
  });

/** Fixed when the release was created (P1), but for what its own jobs add (D1). */
export const releasePlan = (name: string, number: number) =>
  queryOptions({
    queryKey: [...keys.pipeline(name), "plan", number],
    queryFn: async ({ signal }) =>
      body(await api.GET("/api/v1/pipelines/{pipeline}/releases/{number}/plan", { params: { path: { pipeline: name, number } }, signal })),
  });

/** What jobs of the release have added to its plan, in order. */
export const releaseAdditions = (name: string, number: number) =>
  queryOptions({
    queryKey: [...keys.pipeline(name), "additions", number],
    queryFn: async ({ signal }) =>
      body(
        await api.GET("/api/v1/pipelines/{pipeline}/releases/{number}/additions", {
          params: { path: { pipeline: name, number } },
          signal,
        }),
      ),
  });

export const targets = (name: string, target?: string) =>
  queryOptions({
    queryKey: [...keys.pipeline(name), "targets", target ?? null],
    queryFn: async ({ signal }) =>
      body(
        await api.GET("/api/v1/pipelines/{pipeline}/targets", {
          params: { path: { pipeline: name }, query: target === undefined ? {} : { name: target } },
          signal,
        }),
      ),
  });

export const holds = (name: string) =>
  queryOptions({
    queryKey: [...keys.pipeline(name), "holds"],
    queryFn: async ({ signal }) =>
      body(await api.GET("/api/v1/pipelines/{pipeline}/holds", { params: { path: { pipeline: name } }, signal })),
  });

/** What a rollback would do, before anybody presses. */
export const rollbackPreview = (name: string, place: Schemas["Place"], to: number | undefined) =>
  queryOptions({
    queryKey: [...keys.pipeline(name), "rollback", place, to ?? null],
    queryFn: async ({ signal }) => {
      const where =
        place.kind === "target"
          ? { target: place.target }
          : place.kind === "wave"
            ? { stage: place.stage, wave: place.wave }
            : { stage: place.stage };
      const query = { ...where, ...(to === undefined ? {} : { to }) };
      return body(await api.GET("/api/v1/pipelines/{pipeline}/rollback", { params: { path: { pipeline: name }, query }, signal }));
    },
    placeholderData: keepPreviousData,
  });

/** What a person needs to decide about a gate: what goes out, what speaks for and against it, who may. */
export const evidence = (name: string, number: number, gate: string) =>
  queryOptions({
    queryKey: [...keys.pipeline(name), "evidence", number, gate],
    queryFn: async ({ signal }) =>
      body(
        await api.GET("/api/v1/pipelines/{pipeline}/releases/{number}/evidence", {
          params: { path: { pipeline: name, number }, query: { gate } },
          signal,
        }),
      ),
  });

/** Open to everybody, also before signing in. */
export const server = queryOptions({
  queryKey: ["server"],
  queryFn: async ({ signal }) => body(await api.GET("/api/v1/server", { signal })),
});

/** What the server is at GitHub, and how the last look at each repository went; for whoever may connect one. */
export const forges = queryOptions({
  queryKey: ["forges"],
  queryFn: async ({ signal }) => body(await api.GET("/api/v1/forges", { signal })),
});

/** Asks GitHub, so only who looks at it pays for it. */
export const forgeApp = queryOptions({
  queryKey: ["forges", "app"],
  queryFn: async ({ signal }) => body(await api.GET("/api/v1/forges/github/app", { signal })),
  retry: false,
});

export const attempt = (id: string) =>
  queryOptions({
    queryKey: keys.attempt(id),
    queryFn: async ({ signal }) => body(await api.GET("/api/v1/attempts/{attempt}", { params: { path: { attempt: id } }, signal })),
  });

export const approvals = queryOptions({
  queryKey: keys.approvals,
  queryFn: async ({ signal }) => body(await api.GET("/api/v1/approvals", { signal })),
});

export const monitors = queryOptions({
  queryKey: keys.monitors,
  queryFn: async ({ signal }) => body(await api.GET("/api/v1/monitors", { signal })),
  // Alarms come with the stream; a reading that changes nothing is no event, so that the last values are as old as this.
  refetchInterval: 60_000,
});

export const runners = queryOptions({
  queryKey: keys.runners,
  queryFn: async ({ signal }) => body(await api.GET("/api/v1/runners", { signal })),
  refetchInterval: 15_000,
});

export const queue = queryOptions({
  queryKey: keys.queue,
  queryFn: async ({ signal }) => body(await api.GET("/api/v1/queue", { signal })),
  refetchInterval: 15_000,
});

export type AuditFilter = { pipeline?: string; release?: number; kind?: string; actor?: string; cursor?: string; limit?: number };

export const audit = (filter: AuditFilter = {}) =>
  queryOptions({
    queryKey: [...keys.audit, filter],
    queryFn: async ({ signal }) => body(await api.GET("/api/v1/audit", { params: { query: filter as never }, signal })),
  });
