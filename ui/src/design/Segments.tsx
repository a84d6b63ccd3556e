import { Link } from "@tanstack/react-router";
import styles from "./Segments.module.css";

/** The views of one page, side by side; which one is open stands in the address. */
export function Segments({
  label,
  param,
  value,
  usual,
  options,
}: {
  label: string;
  /** The search parameter; `usual`, or else the first option, is the view when it is absent. */
  param: string;
  value: string;
  usual?: string;
  options: readonly { value: string; text: string; count?: number | undefined }[];
}) {
  return (
    <nav className={styles.segments} aria-label={label}>
      {options.map((option) => (
        <Link
          key={option.value}
          to="."
          search={
            ((before: Record<string, unknown>) => ({
              ...before,
              [param]: option.value === (usual ?? options[0]?.value) ? undefined : option.value,
            })) as never
          }
          activeOptions={{ exact: true, includeSearch: true, explicitUndefined: true }}
          className={option.value === value ? `${styles.segment} ${styles.chosen}` : styles.segment}
          replace
        >
          {option.text}
          {option.count !== undefined && option.count > 0 && <span className={`num ${styles.count}`}>{option.count}</span>}
        </Link>
      ))}
    </nav>
  );
}
