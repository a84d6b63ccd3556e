import { QueryClient } from "@tanstack/react-query";
import { ProblemError } from "../api/problem";

/** What is shown stays while it is fetched again; the live stream says what is no longer true. */
export const queryClient = new QueryClient({
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
