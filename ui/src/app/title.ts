import { useEffect } from "react";

/** The tab's title: what is open, then the pipeline, so that pinned tabs can be told apart. */
export function useTitle(...parts: readonly (string | undefined)[]): void {
  const title = [...parts.filter(Boolean), "Tidegate"].join(" · ");
  useEffect(() => {
    document.title = title;
  }, [title]);
}
