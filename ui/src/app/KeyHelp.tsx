import { setAppearance, useAppearance } from "../design/appearance";
import { Dialog } from "../design/Dialog";
import { useShortcuts } from "../design/keys";
import styles from "./Overlays.module.css";

/** Every key that works on this page. */
export function KeyHelp({ onClose }: { onClose: () => void }) {
  const shortcuts = useShortcuts();
  const { shortcuts: on } = useAppearance();
  const groups = [...new Set(shortcuts.map((each) => each.group ?? "This page"))];
  return (
    <Dialog title="Keys" onClose={onClose} wide>
      <div className={styles.groups}>
        {groups.map((group) => (
          <section key={group}>
            <h3>{group}</h3>
            <dl className={styles.keys}>
              {shortcuts
                .filter((each) => (each.group ?? "This page") === group)
                .map((each) => (
                  <div key={`${each.keys} ${each.does}`}>
                    <dt>
                      {each.keys.split(" ").map((key) => (
                        <kbd key={key}>{key}</kbd>
                      ))}
                    </dt>
                    <dd>{each.does}</dd>
                  </div>
                ))}
            </dl>
          </section>
        ))}
      </div>
      <label className={styles.switch}>
        <input type="checkbox" checked={on} onChange={(event) => setAppearance({ shortcuts: event.target.checked })} />
        Single keys work (Ctrl K always does)
      </label>
    </Dialog>
  );
}
