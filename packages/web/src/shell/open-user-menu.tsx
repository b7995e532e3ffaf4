import type { SelfAnswer } from "@entrepot/core";
import { Menu } from "@base-ui/react/menu";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactElement } from "react";
import { signOut } from "../api/session.ts";
import { UserButton } from "./user-button.tsx";

const ITEM = "block cursor-pointer rounded px-2.5 py-1.5 outline-none data-highlighted:bg-inset";

/** The menu of whoever is signed in, open from the start. */
export function OpenUserMenu({ self }: { self: SelfAnswer }): ReactElement {
  const client = useQueryClient();
  const leaving = useMutation({ mutationFn: () => signOut(client) });
  return (
    <Menu.Root defaultOpen>
      <Menu.Trigger render={<UserButton user={self.user} />} />
      <Menu.Portal>
        <Menu.Positioner align="end" sideOffset={6} className="z-40">
          <Menu.Popup className="min-w-44 rounded-md border border-line bg-panel p-1 shadow-lift outline-none">
            <div className="border-b border-line px-2.5 pt-1 pb-2">
              <div className="font-medium">{self.user}</div>
              <div className="text-soft">{self.role}</div>
            </div>
            <Menu.Item className={`${ITEM} mt-1`} render={<Link to="/settings" />}>
              Settings
            </Menu.Item>
            <Menu.Item className={ITEM} onClick={() => leaving.mutate()}>
              Sign out
            </Menu.Item>
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}
