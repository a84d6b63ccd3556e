import { buttonClass } from "../../design/Button";
import { EmptyState, PageBody } from "../../design/Page";
import { size } from "../../design/size";
import table from "../../design/Table.module.css";
import type { Release } from "./release";

/** What the release carries: built once, the same bytes in every stage (P2). */
export function Artifacts({ release }: { release: Release }) {
  if (release.artifacts.length === 0) {
    return (
      <PageBody label="Artifacts">
        <EmptyState glyph="flag" title="No artifacts yet">
          <p>Jobs that declare artifacts put them here; every later stage gets the same bytes.</p>
        </EmptyState>
      </PageBody>
    );
  }
  return (
    <PageBody label="Artifacts">
      <table className={table.table}>
        <caption className="visually-hidden">Artifacts of release #{release.number}</caption>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Made by</th>
            <th scope="col" className={table.right}>
              Size
            </th>
            <th scope="col">SHA-256</th>
            <th scope="col">
              <span className="visually-hidden">Download</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {release.artifacts.map((artifact) => (
            <tr key={`${artifact.node} ${artifact.name}`}>
              <td>
                <b>{artifact.name}</b>
                {artifact.is_folder && <span className="c-3"> folder</span>}
              </td>
              <td>
                <code className="mono">{artifact.node}</code>
              </td>
              <td className={`num ${table.right}`}>{size(artifact.size_bytes)}</td>
              <td>
                <code className="mono" title={artifact.digest}>
                  {artifact.digest.slice(0, 16)}…
                </code>
              </td>
              <td className={table.right}>
                <a
                  className={buttonClass("plain", true)}
                  href={`/api/v1/artifacts/${encodeURIComponent(artifact.digest)}`}
                  download={artifact.is_folder ? `${artifact.name}.tar` : artifact.name}
                >
                  Download
                </a>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </PageBody>
  );
}
