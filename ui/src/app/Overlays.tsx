import { useRouter } from "@tanstack/react-router";
import { lazy, Suspense, useEffect } from "react";
import { everywhere, useKeys } from "../design/keys";
import { showOverlay, useOverlay } from "./overlay";

const loadPalette = async () => ({ default: (await import("./PaletteDialog")).PaletteDialog });
const Palette = lazy(loadPalette);
const KeyHelp = lazy(async () => ({ default: (await import("./KeyHelp")).KeyHelp }));

/** The command palette and the help for keys, with the keys that work everywhere. */
export function Overlays() {
  const overlay = useOverlay();
  const router = useRouter();
  useKeys([
    { keys: "Ctrl K", does: "find anything, do anything", group: everywhere, act: () => showOverlay("palette") },
    { keys: "/", does: "find anything", group: everywhere, act: () => showOverlay("palette") },
    { keys: "?", does: "this help", group: everywhere, act: () => showOverlay("keys") },
    { keys: "g p", does: "go to Pipelines", group: everywhere, act: () => void router.navigate({ to: "/" }) },
    { keys: "a", does: "go to Approvals", group: everywhere, act: () => void router.navigate({ to: "/approvals" }) },
    { keys: "y", does: "copy a link to this view", group: everywhere, act: () => void navigator.clipboard?.writeText(location.href) },
  ]);
  // Whoever presses Ctrl K types on at once: the palette must be there by then.
  useEffect(() => {
    const timer = setTimeout(() => void loadPalette().catch(() => {}), 2_000);
    return () => clearTimeout(timer);
  }, []);
  if (overlay === null) return null;
  return <Suspense>{overlay === "palette" ? <Palette onClose={close} /> : <KeyHelp onClose={close} />}</Suspense>;
}

function close(): void {
  showOverlay(null);
}
