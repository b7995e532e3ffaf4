import { useEffect, type ReactElement, type ReactNode } from "react";
import { Mark } from "../../shell/mark.tsx";
import { usePageTitle } from "../../shell/use-page-title.ts";

/** A page of its own with one thing to do, for who is not signed in. */
export function Card({ title, children }: { title: string; children: ReactNode }): ReactElement {
  usePageTitle();
  useEffect(() => document.querySelector<HTMLInputElement>("main input")?.focus(), []);
  return (
    <div className="grid min-h-dvh content-start justify-items-center gap-5 px-4 pt-[12vh] pb-10">
      <div className="flex items-center gap-2.5 text-lg font-semibold text-accent">
        <Mark className="size-8" />
        Entrepot
      </div>
      <main className="w-full max-w-sm rounded-lg border border-line bg-panel p-6">
        <h1 className="mb-4 text-lg font-semibold">{title}</h1>
        {children}
      </main>
    </div>
  );
}
