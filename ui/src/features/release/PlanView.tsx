import { useQuery } from "@tanstack/react-query";
import { releasePlan } from "../../api/queries";
import { Loaded, PageBody } from "../../design/Page";
import { Text } from "../../design/Text";
import { Additions } from "./Additions";
import type { Release } from "./release";
import styles from "./release.module.css";

/** The plan that the release carries: made when it was created, whatever the file says today (P1, P3). */
export function PlanView({ pipeline, release }: { pipeline: string; release: Release }) {
  const query = useQuery(releasePlan(pipeline, release.number));
  const inputs = Object.entries(release.inputs);
  return (
    <PageBody label="Plan">
      <p className="c-2">
        Fixed when #{release.number} was created; a changed file applies to new releases only. Jobs of the release may add to it. Digest{" "}
        <code className="mono">{release.digest}</code>
      </p>
      {inputs.length > 0 && (
        <dl className={styles.inputs}>
          {inputs.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd className="mono">{value}</dd>
            </div>
          ))}
        </dl>
      )}
      <Additions pipeline={pipeline} number={release.number} />
      <Loaded query={query}>{(data) => <Text label="The plan">{data.text}</Text>}</Loaded>
    </PageBody>
  );
}
