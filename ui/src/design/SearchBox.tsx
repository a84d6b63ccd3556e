import type { KeyboardEvent, RefObject } from "react";
import { Glyph } from "./glyphs";
import styles from "./SearchBox.module.css";

/** A box in which a page is searched; `/` leads to it on every page. */
export function SearchBox({
  box,
  label,
  placeholder,
  value,
  width_px,
  onChange,
  onKeyDown,
}: {
  box: RefObject<HTMLInputElement | null>;
  label: string;
  placeholder: string;
  value: string;
  width_px: number;
  onChange: (value: string) => void;
  onKeyDown?: (event: KeyboardEvent<HTMLInputElement>) => void;
}) {
  return (
    <label className={styles.search}>
      <Glyph name="search" size={13} />
      <input
        ref={box}
        type="search"
        placeholder={placeholder}
        aria-label={label}
        value={value}
        style={{ width: width_px }}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={onKeyDown}
      />
      <kbd>/</kbd>
    </label>
  );
}
