/** A commit, by its first seven signs; the whole one stands in the tooltip. */
export function Sha({ sha }: { sha: string }) {
  return (
    <code className="mono" title={sha}>
      {shortSha(sha)}
    </code>
  );
}

export function shortSha(sha: string): string {
  return sha.startsWith("sha256:") ? sha.slice(7, 14) : sha.slice(0, 7);
}
