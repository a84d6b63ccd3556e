import { Link } from "@tanstack/react-router";
import { buttonClass } from "../design/Button";
import { EmptyState } from "../design/Page";
import { useTitle } from "./title";

export function NotFound() {
  useTitle("Not found");
  return (
    <main>
      <EmptyState glyph="search" title="There is nothing at this address" isPage>
        <p>The link may be old, or what it named was taken away.</p>
        <p>
          <Link to="/" className={buttonClass()}>
            All pipelines
          </Link>
        </p>
      </EmptyState>
    </main>
  );
}
