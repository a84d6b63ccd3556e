import type { ReactNode } from "react";
import { type Appearance, setAppearance, useAppearance } from "../../design/appearance";
import styles from "./settings.module.css";

const themes = [
  { value: "system", text: "As the system" },
  { value: "light", text: "Light" },
  { value: "dark", text: "Dark" },
] as const;
const densities = [
  { value: "comfortable", text: "Comfortable" },
  { value: "dense", text: "Dense" },
] as const;
const times = [
  { value: "relative", text: "Relative (14m ago)" },
  { value: "local", text: "Local time" },
  { value: "utc", text: "UTC" },
] as const;

/** Kept in this browser only. */
export function Looks() {
  const chosen = useAppearance();
  return (
    <div className={styles.looks}>
      <Choice name="theme" label="Theme" options={themes} value={chosen.theme} onChange={(theme) => setAppearance({ theme })} />
      <Choice
        name="density"
        label="Density"
        options={densities}
        value={chosen.density}
        onChange={(density) => setAppearance({ density })}
      />
      <Choice name="times" label="Times" options={times} value={chosen.times} onChange={(each) => setAppearance({ times: each })} />
      <Group label="Keyboard">
        <label className={styles.option}>
          <input type="checkbox" checked={chosen.shortcuts} onChange={(event) => setAppearance({ shortcuts: event.target.checked })} />
          <span>
            Single keys act (<kbd className="mono">?</kbd> lists them)
          </span>
        </label>
      </Group>
      <p className="c-3">These choices are kept in this browser.</p>
    </div>
  );
}

function Choice<Value extends Appearance["theme"] | Appearance["density"] | Appearance["times"]>({
  name,
  label,
  options,
  value,
  onChange,
}: {
  name: string;
  label: string;
  options: readonly { value: Value; text: string }[];
  value: Value;
  onChange: (value: Value) => void;
}) {
  return (
    <Group label={label}>
      {options.map((option) => (
        <label key={option.value} className={styles.option}>
          <input type="radio" name={name} checked={option.value === value} onChange={() => onChange(option.value)} />
          {option.text}
        </label>
      ))}
    </Group>
  );
}

function Group({ label, children }: { label: string; children: ReactNode }) {
  return (
    <fieldset className={styles.group}>
      <legend>{label}</legend>
      {children}
    </fieldset>
  );
}
