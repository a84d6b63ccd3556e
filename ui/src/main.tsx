import "./design/tokens.css";
import "./design/fonts.css";
import "./design/base.css";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { queryClient } from "./app/query-client";
import { router } from "./app/routes";
import { connectToHub, Live } from "./live/live";
import { LiveContext } from "./live/use-live";

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no element with the id `root`");

const live = new Live(queryClient, connectToHub);

createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <LiveContext value={live}>
        <RouterProvider router={router} />
      </LiveContext>
    </QueryClientProvider>
  </StrictMode>,
);
