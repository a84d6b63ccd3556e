import { lazy, Suspense } from "react";
import { closeAction, useAction } from "./open";

const ActionDialog = lazy(async () => ({ default: (await import("./ActionDialog")).ActionDialog }));

/** Shows the dialog that a page asked for. */
export function ActionHost() {
  const action = useAction();
  if (action === null) return null;
  return (
    <Suspense>
      <ActionDialog action={action} onClose={closeAction} />
    </Suspense>
  );
}
