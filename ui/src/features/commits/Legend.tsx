import { memo } from "react";
import { showOverlay } from "../../app/overlay";
import styles from "./Commits.module.css";
import picture from "./Picture.module.css";

/** What the shapes mean. */
export const Legend = memo(function Legend() {
  return (
    <section className={styles.legend} aria-label="Legend">
      <Sample text="Live, with all below">
        <rect className={picture["fill-ok"]} width="26" height="14" rx="3" />
        <rect className={picture["cap-ok"]} width="26" height="6" rx="2" />
      </Sample>
      <Sample text="Deploying">
        <rect className={picture["fill-run"]} width="26" height="14" rx="3" />
        <rect className={picture["cap-run"]} width="26" height="5" rx="2" />
      </Sample>
      <Sample text="Baking">
        <rect className={picture["fill-ok"]} width="26" height="14" rx="3" />
        <rect className={picture["cap-wait"]} width="26" height="6" rx="2" />
      </Sample>
      <Sample text="Queued">
        <rect className={picture["outline-idle"]} x=".6" y=".6" width="24.8" height="12.8" rx="3" />
      </Sample>
      <Sample text="Failed">
        <rect className={picture["fill-bad"]} width="26" height="14" rx="3" />
        <rect className={picture["cap-bad"]} width="26" height="5" rx="2" />
      </Sample>
      <Sample text="Rolled back from">
        <rect className={picture["outline-bad"]} x=".8" y=".8" width="24.4" height="12.4" rx="3" />
      </Sample>
      <Sample text="Held">
        <rect className={picture["fill-idle"]} width="26" height="14" rx="3" />
      </Sample>
      <Sample text="Not on this branch">
        <rect className={picture["fill-pinned"]} width="26" height="14" rx="3" />
      </Sample>
      <Sample text="Waits here">
        <rect className={styles.legendGate} x="1" y="1" width="24" height="12" rx="6" />
      </Sample>
      <Sample text="Front">
        <path className={picture.front} d="M0 9H9V4H17V11H26" />
      </Sample>
      <span className="grow" />
      <button type="button" className={styles.keys} onClick={() => showOverlay("keys")}>
        <kbd>j</kbd>
        <kbd>k</kbd> commit <kbd>n</kbd> next problem <kbd>?</kbd> all keys
      </button>
    </section>
  );
});

function Sample({ text, children }: { text: string; children: React.ReactNode }) {
  return (
    <span>
      <svg className={picture.svg} width="26" height="14" aria-hidden="true">
        {children}
      </svg>
      {text}
    </span>
  );
}
