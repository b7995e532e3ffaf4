/* What npm's own libraries, which bring no types, are used for in the tests. */

interface NpmOptions {
  registry: string;
  forceAuth: { token: string };
}

declare module "libnpmorg" {
  const org: {
    set(
      name: string,
      user: string,
      role: string,
      options: NpmOptions,
    ): Promise<{ org: { name: string; size: number }; user: string; role: string }>;
    rm(name: string, user: string, options: NpmOptions): Promise<null>;
    ls(name: string, options: NpmOptions): Promise<Record<string, string>>;
  };
  export default org;
}

declare module "libnpmteam" {
  const team: {
    create(name: string, options: NpmOptions & { description?: string }): Promise<{ name: string }>;
    destroy(name: string, options: NpmOptions): Promise<boolean>;
    add(user: string, name: string, options: NpmOptions): Promise<{ user: string }>;
    rm(user: string, name: string, options: NpmOptions): Promise<boolean>;
    lsTeams(organization: string, options: NpmOptions): Promise<string[]>;
    lsUsers(name: string, options: NpmOptions): Promise<string[]>;
  };
  export default team;
}

declare module "libnpmaccess" {
  const access: {
    getCollaborators(name: string, options: NpmOptions): Promise<Record<string, string>>;
    getPackages(owner: string, options: NpmOptions): Promise<Record<string, string>>;
    getVisibility(name: string, options: NpmOptions): Promise<{ public: boolean }>;
    setAccess(name: string, access: string, options: NpmOptions): Promise<boolean>;
    setMfa(name: string, level: string, options: NpmOptions): Promise<boolean>;
    setPermissions(team: string, name: string, permissions: string, options: NpmOptions): Promise<boolean>;
    removePermissions(team: string, name: string, options: NpmOptions): Promise<boolean>;
  };
  export default access;
}
