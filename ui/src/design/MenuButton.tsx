import { lazy, Suspense, useState } from "react";
import { Button, type ButtonLook } from "./Button";
import { Glyph } from "./glyphs";
import type { MenuItem } from "./Menu";

const Menu = lazy(async () => ({ default: (await import("./Menu")).Menu }));

/** One act as a button, several as a button with a menu. The menu's code comes when it is first wanted. */
export function MenuButton({ label, items, look = "plain" }: { label: string; items: readonly MenuItem[]; look?: ButtonLook }) {
  const [open, setOpen] = useState(false);
  const [only] = items;
  if (only === undefined) return null;
  if (items.length === 1) {
    return (
      <Button look={look} onClick={only.act}>
        {label} {only.text}
      </Button>
    );
  }
  const button = (
    <Button look={look} aria-haspopup="menu" {...(open ? {} : { onClick: () => setOpen(true) })}>
      {label}
      <Glyph name="down" size={11} />
    </Button>
  );
  if (!open) return button;
  return (
    <Suspense fallback={button}>
      <Menu trigger={button} items={items} onClose={() => setOpen(false)} />
    </Suspense>
  );
}
