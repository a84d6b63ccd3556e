import { useRouter } from "@tanstack/react-router";
import { ErrorState } from "../design/Page";

export function RouteError({ error }: { error: unknown }) {
  const router = useRouter();
  return (
    <main>
      <ErrorState isPage error={error} onRetry={() => void router.invalidate()} />
    </main>
  );
}
