import { useCallback, useEffect, useRef, useState } from "react";
import type { FeedEvent } from "../live/protocol";
import { useEvents } from "../live/use-live";
import { announcement } from "./announce";

const APART_MS = 4_000;

/** The one region that is read out politely, and not more often than anybody can listen. */
export function Announcer({ pipeline }: { pipeline: string }) {
  const [text, setText] = useState("");
  const waiting = useRef<FeedEvent[]>([]);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const hear = useCallback(
    (events: readonly FeedEvent[]) => {
      if (announcement(events, pipeline) === undefined) return;
      waiting.current.push(...events);
      timer.current ??= setTimeout(() => {
        timer.current = undefined;
        setText(announcement(waiting.current, pipeline) ?? "");
        waiting.current = [];
      }, APART_MS);
    },
    [pipeline],
  );
  useEvents(hear);
  useEffect(() => () => clearTimeout(timer.current), []);
  return (
    <p className="visually-hidden" aria-live="polite">
      {text}
    </p>
  );
}
