// Phaser's own video object, as its examples use it: one for each video, of which one is visible.
import { AUTO, Game, type GameObjects, Scale, Scene } from "phaser";

/** Answers what shows one of them. */
export const openVideos = (parent: HTMLElement, urls: ReadonlyArray<string>): Promise<(index: number) => void> =>
  new Promise((resolve) => {
    class Videos extends Scene {
      create(): void {
        const { width, height } = this.scale;
        const videos = urls.map((url) => {
          const one = this.add.video(width / 2, height / 2);
          one.loadURL(url, true);
          one.setVisible(false);
          one.on("created", () => one.setDisplaySize(width, height));
          return one;
        });
        let shown: GameObjects.Video | undefined;
        resolve((index) => {
          const one = videos[index]!;
          shown?.stop();
          shown?.setVisible(false);
          one.setVisible(true);
          one.play(true);
          shown = one;
        });
      }
    }
    const game = new Game({
      type: AUTO,
      parent,
      banner: false,
      audio: { noAudio: true },
      scale: { mode: Scale.NONE, width: parent.clientWidth, height: parent.clientHeight },
      scene: new Videos("videos"),
    });
    void game;
  });
