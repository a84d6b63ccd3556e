import type { FeedEvent } from "../live/protocol";

/** What is read out for whoever listens instead of looking: the ends of things, in the pipeline that is open, and no more. */
export function announcement(events: readonly FeedEvent[], pipeline: string): string | undefined {
  const told = events.flatMap((event) => {
    if (event.pipeline !== pipeline) return [];
    const release = event.release == null ? "" : `#${event.release} `;
    switch (event.type) {
      case "wave_completed":
        return [`${release}is live in ${event.place ?? "its wave"}`];
      case "release_completed":
        return [`${release}is everywhere`];
      case "release_failed":
      case "rollout_failed":
        return [`${release}failed${event.target == null ? "" : ` at ${event.target}`}`];
      case "rollback_succeeded":
        return [`${event.target ?? event.place ?? "a target"} was rolled back`];
      case "approval_asked":
        return [`${release}asks for approval`];
      default:
        return [];
    }
  });
  if (told.length === 0) return undefined;
  const last = told.slice(-2).join("; ");
  return told.length > 2 ? `${last}; and ${told.length - 2} more` : last;
}
