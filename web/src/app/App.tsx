import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { useState } from "react";
import { makeQueryClient } from "@/api/query-client";
import { TooltipProvider } from "@/ui/Tooltip";
import { makeRouter } from "./router";

export function App() {
  const [{ client, router }] = useState(() => {
    const client = makeQueryClient();
    return { client, router: makeRouter(client) };
  });
  return (
    <QueryClientProvider client={client}>
      <TooltipProvider delayDuration={350} skipDelayDuration={200}>
        <RouterProvider router={router} />
      </TooltipProvider>
    </QueryClientProvider>
  );
}
