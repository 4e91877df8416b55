import Foundations

/// What options of other tools are called here, for the messages about options that a command does not have.
enum ForeignOptions {
  /// What to say about an option that is unknown; nil if there is nothing to say.
  ///
  /// - Parameters:
  ///   - option: As it was typed: `--batch_size`, `-lr`.
  ///   - has: Whether the command has an option of this name, such as `batch`.
  static func hint(for option: String, has: (String) -> Bool) -> String? {
    let name = String(option.drop { $0 == "-" }.prefix { $0 != "=" }.map { $0 == "_" ? "-" : $0 })
      .lowercased()
    if option.contains("_"), has(name) { return "it is --\(name)" }
    if let own = names.first(where: { $0.value.contains(name) })?.key, has(own) {
      return "here it is --\(own)"
    }
    return reasons.first { $0.names.contains(name) }?.reason
  }

  /// Names in Keras, PyTorch's examples, Lightning, timm and scikit-learn, by the kit's.
  private static let names: KeyValuePairs<String, [String]> = [
    "learning-rate": ["lr", "eta", "alpha", "base-lr", "max-lr", "init-lr", "lr0", "learning"],
    "batch": ["batch-size", "bs", "b", "batchsize", "train-batch-size", "minibatch"],
    "schedule": ["lr-schedule", "lr-scheduler", "scheduler", "sched", "lr-policy", "learning-rate-schedule"],
    "epochs": ["num-epochs", "max-epochs", "n-epochs", "nb-epochs", "epoch", "max-iter"],
    "validation": [
      "val-split", "validation-split", "val", "valid", "val-size", "valid-size", "validation-size",
      "validation-fraction", "test-size", "test-split", "holdout",
    ],
    "network": ["model", "arch", "architecture", "net", "backbone", "layers"],
    "optimizer": ["opt", "optim"],
    "weight-decay": ["wd", "l2", "decay"],
    "seed": ["random-state", "random-seed", "manual-seed"],
    "threads": ["workers", "num-workers", "n-jobs", "jobs", "j", "num-threads", "cpus", "cores"],
    "label-smoothing": ["smoothing", "smooth"],
    "rotate": ["rotation", "rotation-range", "degrees", "rotate-limit"],
    "shift": ["translate", "width-shift-range", "height-shift-range", "width-shift", "height-shift"],
    "zoom": ["zoom-range", "scale", "scale-range"],
    "shear": ["shear-range"],
    "erase": ["cutout", "random-erasing", "reprob", "random-erase"],
    "elastic": ["elastic-transform", "elastic-alpha"],
    "no-augment": ["no-aug", "no-augmentation", "no-augmentations"],
    "folds": ["k", "kfold", "k-folds", "n-folds", "num-folds", "n-splits", "cv", "splits"],
    "members": ["n-members", "num-models", "n-models", "ensemble", "ensemble-size", "models", "nets"],
    "average-checkpoints": ["swa", "swa-epochs", "checkpoint-averaging"],
    "ema": ["model-ema", "ema-decay", "model-ema-decay"],
    "resume": ["ckpt", "resume-from", "continue", "restore", "from-checkpoint", "ckpt-path"],
    "output": [
      "out", "output-dir", "save-dir", "out-dir", "save", "save-path", "o", "log-dir", "logdir", "run-dir",
    ],
    "data": [
      "train", "train-csv", "data-dir", "data-path", "dataset", "input", "csv", "train-file", "datadir",
    ],
    "prepare": ["preprocess", "preprocessing"],
    "initialization": ["init", "initializer", "weight-init", "kernel-initializer"],
    "tta": ["test-time-augmentation", "tta-steps", "n-tta"],
    "find-learning-rate": ["lr-find", "find-lr", "auto-lr-find", "lr-finder"],
    "limit": ["max-rows", "n-rows", "nrows", "subset", "max-samples", "limit-train-batches"],
    "weights": ["ensemble-weights", "blend-weights"],
    "force": ["overwrite", "f", "exist-ok"],
    "quiet": ["silent", "q", "no-progress"],
    "classes": ["num-classes", "n-classes", "nb-classes"],
    "config": ["cfg", "configuration", "hparams", "c"],
  ]

  /// What the kit does not have, and why.
  private static let reasons: [(names: [String], reason: String)] = [
    (
      ["patience", "early-stopping", "early-stop", "earlystopping"],
      "there is no early stopping: the schedule ends with the last epoch, and a score that chose the end would be "
        + "optimistic; --select best uses the best epoch and says so"
    ),
    (
      ["device", "gpu", "gpus", "cuda", "no-cuda", "accelerator", "devices", "mps"],
      "everything runs on the CPU; --threads says on how many threads"
    ),
    (
      ["amp", "fp16", "half", "precision", "mixed-precision", "bf16", "dtype"],
      "numbers are float32, so that results are the same to the bit everywhere"
    ),
    (
      ["momentum", "beta1", "beta2", "betas", "nesterov"], "sgd has Nesterov momentum 0.9, adam 0.9 and 0.999"
    ),
    (
      ["dropout", "drop", "drop-rate", "dropout-rate"],
      "dropout is a layer of the network: D25 in the notation, such as --network 32C3-P2-D25-128N"
    ),
    (
      ["warmup", "warmup-epochs", "warmup-steps", "lr-warmup"],
      "the one-cycle schedule begins with a warm-up; the others have none"
    ),
    (
      ["horizontal-flip", "vertical-flip", "flip", "hflip", "vflip"],
      "digits are not flipped: a mirrored digit is another sign"
    ),
    (["verbose", "v", "progress"], "progress is always shown; --quiet turns it off"),
    (
      ["tensorboard", "wandb", "mlflow", "logger"],
      "each member's folder has a file for TensorBoard: tensorboard --logdir runs"
    ),
    (["shuffle", "no-shuffle"], "rows are shuffled in each epoch, by --seed"),
    (
      ["mixup", "cutmix", "mixup-alpha"],
      "images are not mixed; --label-smoothing softens labels"
    ),
    (["classes", "num-classes", "n-classes"], "the table or the checkpoints tell the classes"),
  ]
}
