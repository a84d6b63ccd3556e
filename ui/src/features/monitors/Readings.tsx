import type { Schemas } from "../../api/client";
import { full } from "../../design/time";
import styles from "./monitors.module.css";
import { barsOf, summaryOf } from "./readings";

const WIDTH = 180;
const HEIGHT = 20;

/** The last readings as bars: how high by value, and what they were by shape and colour. */
export function Readings({ recent }: { recent: readonly Schemas["PastReading"][] }) {
  if (recent.length < 2) return null;
  const step = WIDTH / 60;
  return (
    <svg className={styles.readings} width={WIDTH} height={HEIGHT} role="img" aria-label={summaryOf(recent)}>
      {barsOf(recent).map((bar, at) => {
        const height = Math.max(2, bar.share * (HEIGHT - 2));
        return (
          <rect
            key={bar.at}
            className={styles[bar.kind]}
            x={WIDTH - (recent.length - at) * step}
            y={bar.share === 0 ? HEIGHT - 8 : HEIGHT - height}
            width={step - 1}
            height={bar.share === 0 ? 4 : height}
          >
            <title>{`${bar.words} · ${full(bar.at)}`}</title>
          </rect>
        );
      })}
    </svg>
  );
}
