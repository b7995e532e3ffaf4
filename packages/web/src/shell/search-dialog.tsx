import { Dialog } from "@base-ui/react/dialog";
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useDeferredValue, useEffect, useId, useState, type KeyboardEvent, type ReactElement } from "react";
import { sessionQuery } from "../api/session.ts";
import { Icon } from "../components/icon.tsx";
import { search, type Hit } from "./search.ts";

/** Finds pages and things by name; arrows choose, Enter goes there. */
export function SearchDialog({ onClose }: { onClose: () => void }): ReactElement {
  const { data: self } = useSuspenseQuery(sessionQuery());
  const [text, setText] = useState("");
  const [chosen, setChosen] = useState(0);
  const wanted = useDeferredValue(text.trim());
  const [isGoing, setGoing] = useState(false);
  const {
    data: hits = [],
    isFetching,
    isPlaceholderData,
  } = useQuery({
    queryKey: ["search", wanted],
    queryFn: ({ signal }) => search(wanted, { signal, may: self?.may ?? [] }),
    placeholderData: (before) => before,
  });
  const navigate = useNavigate();
  const id = useId();
  // Shown are still the hits for fewer letters than were typed.
  const isBehind = isPlaceholderData || isFetching || wanted !== text.trim();
  useEffect(() => {
    if (!isGoing || isBehind) return;
    setGoing(false);
    go(hits[0]);
  });

  function go(hit: Hit | undefined): void {
    if (hit === undefined) return;
    onClose();
    void navigate({ href: hit.href });
  }

  function onKey(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined && hits.length > 0) {
      event.preventDefault();
      setChosen((chosen + step + hits.length) % hits.length);
    }
    if (event.key !== "Enter") return;
    if (isBehind && chosen === 0) setGoing(true);
    else go(hits[chosen]);
  }

  return (
    <Dialog.Root open onOpenChange={(open) => (open ? undefined : onClose())}>
      <Dialog.Portal>
        <Dialog.Backdrop className="fixed inset-0 z-40 bg-veil" />
        <Dialog.Popup className="fixed top-[10vh] left-1/2 z-50 w-[min(36rem,calc(100vw-1.5rem))] -translate-x-1/2 overflow-hidden rounded-lg border border-line bg-panel shadow-lift">
          <Dialog.Title className="sr-only">Search</Dialog.Title>
          <div className="flex items-center gap-2.5 border-b border-line px-4">
            <Icon name="search" className="text-faint" />
            <input
              role="combobox"
              aria-label="Search pages, registries, packages and people"
              aria-expanded={hits.length > 0}
              aria-controls={`${id}-hits`}
              aria-activedescendant={hits.length > 0 ? `${id}-${chosen}` : undefined}
              aria-autocomplete="list"
              autoComplete="off"
              spellCheck={false}
              placeholder="Search pages, registries, packages and people"
              value={text}
              onChange={(event) => {
                setText(event.target.value);
                setGoing(false);
                setChosen(0);
              }}
              onKeyDown={onKey}
              className="h-12 w-full bg-transparent text-base outline-none placeholder:text-faint"
            />
          </div>
          <Hits id={id} hits={hits} chosen={chosen} onGo={go} onPoint={setChosen} />
          <p role="status" className="px-4 py-3 text-soft empty:hidden">
            {statusText(wanted, hits.length, isFetching)}
          </p>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function statusText(wanted: string, found: number, isFetching: boolean): string {
  if (found > 0) return "";
  return isFetching ? "Searching…" : `Nothing here is called “${wanted}”.`;
}

interface HitsProps {
  id: string;
  hits: readonly Hit[];
  chosen: number;
  onGo: (hit: Hit) => void;
  onPoint: (index: number) => void;
}

function Hits({ id, hits, chosen, onGo, onPoint }: HitsProps): ReactElement {
  return (
    <ul
      id={`${id}-hits`}
      role="listbox"
      aria-label="Found"
      className="max-h-[50vh] overflow-auto p-1.5 empty:hidden"
    >
      {hits.map((hit, index) => (
        <li
          key={`${hit.kind} ${hit.href} ${hit.title}`}
          id={`${id}-${index}`}
          role="option"
          aria-selected={index === chosen}
          onClick={() => onGo(hit)}
          onPointerMove={() => onPoint(index)}
          className="flex cursor-pointer items-center gap-2.5 rounded-md px-2.5 py-1.5 aria-selected:bg-accent-soft"
        >
          <Icon name={hit.icon} className="text-faint" />
          <span className="min-w-0 truncate font-medium">{hit.title}</span>
          <span className="min-w-0 flex-1 truncate text-soft">{hit.about}</span>
          <span className="text-xs text-faint max-sm:hidden">{hit.kind}</span>
        </li>
      ))}
    </ul>
  );
}
