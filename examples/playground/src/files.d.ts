/** Files that the page asks for by their address, which Vite knows. */
declare module '*?url' {
  const address: string;
  export default address;
}
