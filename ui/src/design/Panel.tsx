import { type ReactNode, useEffect, useRef } from "react";
import { Button } from "./Button";
import { Glyph } from "./glyphs";
import styles from "./Panel.module.css";

/** The side panel; on a narrow page it lies over the picture as a drawer. */
export function Panel({
  label,
  title,
  children,
  onClose,
  takesFocus,
}: {
  label: string;
  title: ReactNode;
  children: ReactNode;
  onClose: () => void;
  /** What was pressed to open it is a button: then the focus follows. */
  takesFocus: boolean;
}) {
  const heading = useRef<HTMLHeadingElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the focus follows when another thing is shown
  useEffect(() => {
    if (takesFocus) heading.current?.focus();
  }, [takesFocus, label]);
  return (
    <aside
      className={styles.panel}
      aria-label={label}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        onClose();
      }}
    >
      <header className={styles.head}>
        <h2 ref={heading} tabIndex={-1}>
          {title}
        </h2>
        <CopyLink />
        <Button look="quiet" small aria-label="Close the panel" onClick={onClose}>
          <Glyph name="close" size={13} />
        </Button>
      </header>
      {children}
    </aside>
  );
}

function CopyLink() {
  return (
    <Button
      look="soft"
      small
      aria-label="Copy a link to this"
      title="Copy a link to this"
      onClick={() => void navigator.clipboard?.writeText(location.href)}
    >
      <Glyph name="link" size={13} />
    </Button>
  );
}
