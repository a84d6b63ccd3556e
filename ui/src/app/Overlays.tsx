import { useRouter } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { useKeys } from "../design/keys";
import { showOverlay, useOverlay } from "./overlay";

const Palette = lazy(async () => ({ default: (await import("./PaletteDialog")).PaletteDialog }));
const KeyHelp = lazy(async () => ({ default: (await import("./KeyHelp")).KeyHelp }));

/** The command palette and the help for keys, with the keys that work everywhere. */
export function Overlays() {
  const overlay = useOverlay();
  const router = useRouter();
  useKeys([
    { keys: "Ctrl K", does: "find anything, do anything", group: "Everywhere", act: () => showOverlay("palette") },
    { keys: "/", does: "find anything", group: "Everywhere", act: () => showOverlay("palette") },
    { keys: "?", does: "this help", group: "Everywhere", act: () => showOverlay("keys") },
    { keys: "g p", does: "go to Pipelines", group: "Everywhere", act: () => void router.navigate({ to: "/" }) },
    { keys: "a", does: "go to Approvals", group: "Everywhere", act: () => void router.navigate({ to: "/approvals" }) },
    { keys: "y", does: "copy a link to this view", group: "Everywhere", act: () => void navigator.clipboard?.writeText(location.href) },
  ]);
  if (overlay === null) return null;
  return <Suspense>{overlay === "palette" ? <Palette onClose={close} /> : <KeyHelp onClose={close} />}</Suspense>;
}

function close(): void {
  showOverlay(null);
}
