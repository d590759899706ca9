/** The version of the package. The build puts it here. */

declare const PACKAGE_VERSION: string;

export const version = PACKAGE_VERSION;
