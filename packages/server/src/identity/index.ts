/*
 * Who may come in: users and their passwords, tokens, keys and browser sessions, and the principal behind a request;
 * organizations, teams and access rules, by which core decides what a principal may do. What an answer looks like is
 * decided in http. Secrets are never kept in a form that can be shown again, except for those that upstreams must be
 * sent, which are sealed with the key beside the database.
 */
export { createAccess, refusedBy } from "./access/access.ts";
export type { Access, AccessDeps } from "./access/access.ts";
export { createAccessRule, deleteAccessRule, listAccessRules } from "./access/access-rules.ts";
export type { AccessRuleDeps, ListedRule, NewAccessRule } from "./access/access-rules.ts";
export { holdsRule } from "./access/holds-rule.ts";
export {
  judgeForAsker,
  judgeForTeam,
  judgeForUser,
  listCollaborators,
  principalOf,
} from "./access/package-access.ts";
export type { AccessJudge, PackageAccess } from "./access/package-access.ts";
export { PUBLIC_GRANT, removePackageGrant, setPackageGrant, TEAM_GRANTS } from "./access/package-grants.ts";
export type { TokenRequest } from "./create-token.ts";
export { createFailedPasswords } from "./failed-passwords.ts";
export type { FailedPasswords } from "./failed-passwords.ts";
export { createIdentity } from "./identity.ts";
export type { Identity } from "./identity.ts";
export type { Deed, IdentityDeps, Page } from "./identity-deps.ts";
export { purgeInvitations } from "./invitations.ts";
export type { Invitation, Invitations, NewInvitation } from "./invitations.ts";
export type { LoginInput, LoginSource } from "./lasting-password.ts";
export type { Login, TokenLogin } from "./login.ts";
export { assertPasswordChange } from "./own-password.ts";
export type { OwnPasswordChange } from "./own-password.ts";
export { mayOrganize } from "./organizations/may-organize.ts";
export type { OrganizationQuestion } from "./organizations/may-organize.ts";
export { listMembers, MEMBER_ROLES, removeMember, setMember } from "./organizations/members.ts";
export type { Member, MemberRole, MemberWritten } from "./organizations/members.ts";
export { foldName as foldOrganizationName } from "./organizations/names.ts";
export { createOrganization, deleteOrganization, listOrganizations } from "./organizations/organizations.ts";
export type { Organization } from "./organizations/organizations.ts";
export { addTeamMember, listTeamMembers, removeTeamMember } from "./organizations/team-members.ts";
export { changeTeam, createTeam, deleteTeam, listTeams, requireTeam } from "./organizations/teams.ts";
export type { Team, TeamName } from "./organizations/teams.ts";
export { requireOrganization } from "./organizations/write-organization.ts";
export type { MemberWriter, OrganizationDeps } from "./organizations/write-organization.ts";
export { createPasswordHasher } from "./password-hasher.ts";
export type { HashCost, PasswordHasher } from "./password-hasher.ts";
export type { CheckedUser } from "./password-check.ts";
export { createSecretBox } from "./secret-box.ts";
export type { SecretBox } from "./secret-box.ts";
export { isSameSecret } from "./sessions/session-secret.ts";
export { purgeSessions, SESSION_MS_MAX } from "./sessions/session-rows.ts";
export { sessionEnded } from "./sessions/sessions.ts";
export type { OwnSession, Session, Sessions } from "./sessions/sessions.ts";
export { purgeTokens } from "./tokens.ts";
export type { SignUpInput } from "./sign-up.ts";
export { isReadOnly, UNLIMITED } from "./token-scope.ts";
export type { TokenScope } from "./token-scope.ts";
export type { NewToken, Token, TokenKind } from "./tokens.ts";
export { foldUserName } from "./user-name.ts";
export type { NewUser, User, UserChange } from "./users.ts";
export type { WebLogin, WebLogins } from "./web-logins.ts";
export { userPrincipal } from "./user-principal.ts";
