import type { ExposureAnswer } from "@entrepot/core";
import { useState, type ReactElement } from "react";
import { api } from "../../api/client.ts";
import { Button } from "../../components/button.tsx";
import { AreaField, CheckField, SelectField, TextField } from "../../components/field.tsx";
import { Panel } from "../../components/panel.tsx";
import { EmptyState, ProblemText } from "../../components/states.tsx";
import { ExposureResult } from "./exposure-result.tsx";
import { placePath } from "./firewall-queries.ts";
import { counted } from "./firewall-words.ts";
import { OnlyManagers } from "./only-managers.tsx";
import { useChange } from "./use-change.ts";
import { placeWords, usePlace, type Place } from "./use-place.ts";

/** Who fetched bad versions; and refusing them in the same step. */
export function ExposureTab(): ReactElement {
  const place = usePlace();
  if (!place.mayManage) return <OnlyManagers what="who fetched what" />;
  return <Lookup key={place.name} place={place} />;
}

interface Wish {
  list: string;
  hold: boolean;
  status: "held" | "blocked";
  reason: string;
}

function Lookup({ place }: { place: Place }): ReactElement {
  const [wish, setWish] = useState<Wish>({ list: "", hold: false, status: "held", reason: "" });
  const looking = useChange({
    run: () => api.call<ExposureAnswer>(`${placePath(place.name)}/exposure`, { method: "POST", body: wish }),
    said: saidOf,
  });
  return (
    <div className="grid gap-4">
      <Panel title={`Who fetched bad versions from ${placeWords(place.name)}?`}>
        <form
          className="grid gap-4"
          onSubmit={(event) => {
            event.preventDefault();
            looking.mutate();
          }}
        >
          <WishFields wish={wish} set={(part) => setWish({ ...wish, ...part })} />
          <ProblemText problem={looking.error} />
          <div>
            <Button type="submit" look={wish.hold ? "danger" : "primary"} isBusy={looking.isPending}>
              {wish.hold ? "Refuse them and look up who has them" : "Look up"}
            </Button>
          </div>
        </form>
      </Panel>
      {looking.data === undefined ? (
        <Panel>
          <EmptyState title="Paste the list of an alert">
            Each download is known here with who fetched it, when, from which address and for which project,
            so that you know whose credentials have to be replaced.
          </EmptyState>
        </Panel>
      ) : (
        <ExposureResult answer={looking.data} />
      )}
    </div>
  );
}

function saidOf({ exposed, held }: ExposureAnswer): string {
  const found = exposed ? "Somebody fetched them." : "Nobody fetched them.";
  return held === null ? found : `${found} ${counted(held.versions.length, "version")} refused from now on.`;
}

function WishFields({ wish, set }: { wish: Wish; set: (part: Partial<Wish>) => void }): ReactElement {
  return (
    <>
      <AreaField
        label="Bad versions"
        hint="As an alert names them, one in a line: name@version, name@range, or a name with versions."
        placeholder={"left-pad@1.3.0\n@acme/widget@^2"}
        rows={6}
        required
        value={wish.list}
        onChange={({ target }) => set({ list: target.value })}
      />
      <CheckField
        label="Refuse them from now on, in the same step"
        hint="Before the look, so that nobody fetches them between the two."
        checked={wish.hold}
        onChange={({ target }) => set({ hold: target.checked })}
      />
      {wish.hold && (
        <div className="grid gap-4 sm:grid-cols-2">
          <SelectField
            label="As"
            value={wish.status}
            onChange={({ target }) => set({ status: target.value === "blocked" ? "blocked" : "held" })}
          >
            <option value="held">Held, until somebody has looked</option>
            <option value="blocked">Blocked</option>
          </SelectField>
          <TextField
            label="Reason"
            required
            maxLength={500}
            value={wish.reason}
            onChange={({ target }) => set({ reason: target.value })}
          />
        </div>
      )}
    </>
  );
}
