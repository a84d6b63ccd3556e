import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { isNotSignedIn, ProblemError } from "../api/problem";

let signedOut: () => void = () => {};

/** Calls `act` when any answer says that nobody is signed in any more. */
export function onSignedOut(act: () => void): void {
  signedOut = act;
}

function noticeSignedOut(error: unknown): void {
  if (isNotSignedIn(error)) signedOut();
}

/** What is shown stays while it is fetched again; the live stream says what is no longer true. */
export const queryClient = new QueryClient({
  queryCache: new QueryCache({ onError: noticeSignedOut }),
  mutationCache: new MutationCache({ onError: noticeSignedOut }),
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      gcTime: 5 * 60_000,
      refetchOnWindowFocus: true,
      retry: (count, error) => (error instanceof ProblemError && error.problem.status < 500 ? false : count < 2),
    },
    mutations: { retry: false },
  },
});
