import { CSPProvider } from "@base-ui/react/csp-provider";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { useState, type ReactElement } from "react";
import { sessionQuery } from "../api/session.ts";
import { Toasts } from "../components/toasts.tsx";
import { createConsoleRouter } from "./create-router.ts";
import { createQueries } from "./create-queries.ts";

/** The console. */
export function App(): ReactElement {
  const [queries] = useState(() => {
    const client = createQueries();
    // Who is signed in decides what is shown, so it is asked while the page's program still loads.
    void client.prefetchQuery(sessionQuery());
    return client;
  });
  const [router] = useState(() => createConsoleRouter(queries));
  return (
    <CSPProvider disableStyleElements>
      <QueryClientProvider client={queries}>
        <Toasts>
          <RouterProvider router={router} />
        </Toasts>
      </QueryClientProvider>
    </CSPProvider>
  );
}
