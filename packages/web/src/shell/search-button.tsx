import { lazy, Suspense, useEffect, useState, type ReactElement } from "react";
import { Icon } from "../components/icon.tsx";

// Loaded when it is first opened: the first page is there sooner without it.
const SearchDialog = lazy(async () => ({ default: (await import("./search-dialog.tsx")).SearchDialog }));

/** Opens the search, by click, by `/` and by Ctrl-K. */
export function SearchButton(): ReactElement {
  const [isOpen, setOpen] = useState(false);
  useEffect(() => {
    function onKey(event: KeyboardEvent): void {
      if (!isSearchKey(event)) return;
      event.preventDefault();
      setOpen(true);
    }
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);
  return (
    <>
      <button
        type="button"
        onClick={() => setOpen(true)}
        className="flex h-8 items-center gap-2 rounded-md border border-line bg-panel px-2.5 text-faint hover:border-line-strong hover:text-soft"
      >
        <Icon name="search" />
        <span className="max-sm:sr-only">Search</span>
        <kbd aria-hidden="true" className="rounded border border-line px-1 text-xs max-sm:hidden">
          /
        </kbd>
      </button>
      {isOpen && (
        <Suspense>
          <SearchDialog onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  );
}

function isSearchKey({ key, ctrlKey, metaKey, altKey, target }: KeyboardEvent): boolean {
  if (key.toLowerCase() === "k" && (ctrlKey || metaKey)) return true;
  const isWriting =
    target instanceof HTMLElement && target.closest("input, textarea, select, [contenteditable]") !== null;
  return key === "/" && !ctrlKey && !metaKey && !altKey && !isWriting;
}
