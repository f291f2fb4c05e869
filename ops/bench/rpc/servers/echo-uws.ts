// Gives back each message: what uWebSockets.js itself costs.
export const start = async (): Promise<{ readonly port: number }> => {
  const uws = await import("uWebSockets.js");
  const app = uws
    .App()
    .ws("/*", { compression: uws.DISABLED, message: (socket, message, isBinary) => void socket.send(message, isBinary) });
  return new Promise((resolve, reject) => {
    app.listen("127.0.0.1", 0, (listening) => {
      if (listening === false) reject(new Error("uWebSockets.js does not listen."));
      else resolve({ port: uws.us_socket_local_port(listening) });
    });
  });
};
