/** The bundler turns the import of a `.wasm` file into a compiled module. */
declare module "*.wasm" {
  const compiled: WebAssembly.Module;
  export default compiled;
}
