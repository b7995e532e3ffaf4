import type { AnnouncementAnswer } from "@entrepot/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactElement } from "react";
import { api } from "../../api/client.ts";
import { Button } from "../../components/button.tsx";
import { SelectField, TextField } from "../../components/field.tsx";
import { Panel } from "../../components/panel.tsx";
import { ErrorState, LoadingState, ProblemText } from "../../components/states.tsx";
import { useToast } from "../../components/toasts.tsx";
import { announcementQuery } from "../../shell/announcement.tsx";

/** What everybody is told above every page. */
export function AnnouncementPanel(): ReactElement {
  const { data, isPending, error, refetch } = useQuery(announcementQuery());
  return (
    <Panel title="Announcement">
      {isPending && <LoadingState />}
      {data === undefined && error !== null && <ErrorState error={error} reset={() => void refetch()} />}
      {data !== undefined && <AnnouncementForm key={data?.setAt ?? "none"} said={data} />}
    </Panel>
  );
}

function AnnouncementForm({ said }: { said: AnnouncementAnswer | null }): ReactElement {
  const client = useQueryClient();
  const tell = useToast();
  const [text, setText] = useState(said?.text ?? "");
  const [level, setLevel] = useState<AnnouncementAnswer["level"]>(said?.level ?? "info");
  const saying = useMutation({
    mutationFn: (body: { text: string; level: string } | null) =>
      api.call("/announcement", body === null ? { method: "DELETE" } : { method: "PUT", body }),
    async onSuccess(_answer, body) {
      await client.invalidateQueries({ queryKey: announcementQuery().queryKey });
      tell(body === null ? "Nothing is announced any more." : "Everybody sees it within a minute.");
    },
  });
  return (
    <form
      className="grid max-w-xl gap-5"
      onSubmit={(event) => {
        event.preventDefault();
        saying.mutate({ text, level });
      }}
    >
      <TextField
        label="Text"
        hint="Stands above every page, for everybody who is signed in. Plain text."
        required
        maxLength={500}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <SelectField
        label="It is"
        value={level}
        onChange={(event) => setLevel(event.target.value as AnnouncementAnswer["level"])}
      >
        <option value="info">news</option>
        <option value="warning">a warning</option>
      </SelectField>
      <ProblemText problem={saying.error} />
      <div className="flex gap-2">
        <Button type="submit" look="primary" isBusy={saying.isPending}>
          Announce
        </Button>
        {said !== null && <Button onClick={() => saying.mutate(null)}>Take it down</Button>}
      </div>
    </form>
  );
}
