import { Link } from "@tanstack/react-router";
import type { ReactElement } from "react";
import { EmptyState } from "../components/states.tsx";

/** Shown at a URL that is no page of the console. */
export function NotFoundPage(): ReactElement {
  return (
    <EmptyState title="There is no such page">
      The address may be mistyped, or the page has moved. <Link to="/">Go to the overview</Link>, or press{" "}
      <kbd>/</kbd> to search.
    </EmptyState>
  );
}
