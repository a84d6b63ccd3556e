import { lazy, Suspense, useState } from "react";
import { useMe } from "./access";
import styles from "./Rail.module.css";

const UserMenu = lazy(async () => ({ default: (await import("./UserMenu")).UserMenu }));

/** The menu's code comes when it is first wanted: it is as large as a page. */
export function UserButton() {
  const me = useMe();
  const [open, setOpen] = useState(false);
  const initials = (me?.name ?? "?").slice(0, 2);
  const button = (
    <button type="button" className={styles.user} aria-haspopup="menu" title={me?.name} onClick={open ? undefined : () => setOpen(true)}>
      {initials}
      <span className="visually-hidden">, signed in as {me?.name}: theme, settings, sign out</span>
    </button>
  );
  if (!open) return button;
  return (
    <Suspense fallback={button}>
      <UserMenu trigger={button} onClose={() => setOpen(false)} />
    </Suspense>
  );
}
