"""The peers' trainers: for each peer a function that takes the options of one_run.py, images and labels.

It returns the seconds of every epoch, the last epoch's loss, the number of trained parameters, and the logits of the
reference's images before training.
"""

import time

import networks

STEPS_A_CALL = 32  # Keras's steps_per_execution; one step per call was 5 to 40 % slower.


def train_keras(options, images, labels):
    """Trains with `Model.fit`, compiled by TensorFlow without XLA, which was twenty times slower."""
    import keras
    import tensorflow

    tensorflow.config.threading.set_intra_op_parallelism_threads(options.threads)
    tensorflow.config.threading.set_inter_op_parallelism_threads(options.threads)
    seconds = []

    class Clock(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            self.start = time.perf_counter()

        def on_epoch_end(self, epoch, logs=None):
            seconds.append(time.perf_counter() - self.start)

    network = networks.fixed_keras_network(options.notation)
    logits = network(images[: options.compared], training=False).numpy()
    network.compile(
        optimizer=keras.optimizers.Adam(0.001),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=False,
        steps_per_execution=STEPS_A_CALL,
    )
    history = network.fit(
        images, labels, batch_size=options.batch, epochs=options.epochs, shuffle=True, verbose=0, callbacks=[Clock()]
    )
    parameters = sum(variable.numpy().size for variable in network.trainable_weights)
    return {"seconds": seconds, "loss": history.history["loss"][-1], "parameters": parameters, "logits": logits}


def train_torch(options, images, labels, bfloat16=False, mode=None):
    """Trains with a plain loop: channels last, fused Adam; eager, or forward, loss and backward compiled in a mode."""
    import torch

    torch.set_num_threads(options.threads)
    images, labels = torch.from_numpy(images).permute(0, 3, 1, 2), torch.from_numpy(labels)
    network = networks.fixed_torch_network(options.notation)
    with torch.no_grad():
        logits = network.eval()(images[: options.compared]).numpy()
    network.train()
    optimizer = torch.optim.Adam(network.parameters(), lr=0.001, fused=True)

    def batch_loss(images, labels):
        with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
            logits = network(images)
        return torch.nn.functional.cross_entropy(logits.float(), labels)

    if mode:
        # The last batch has a size of its own and is compiled for it.
        batch_loss = torch.compile(batch_loss, dynamic=False, mode=mode)
    seconds = []
    for _ in range(options.epochs):
        start = time.perf_counter()
        total = torch.zeros(())
        for rows in torch.randperm(len(images)).split(options.batch):
            optimizer.zero_grad()
            loss = batch_loss(images[rows], labels[rows])
            loss.backward()
            optimizer.step()
            total += loss.detach() * len(rows)
        loss = total.item() / len(images)
        seconds.append(time.perf_counter() - start)
    parameters = sum(parameter.numel() for parameter in network.parameters())
    return {"seconds": seconds, "loss": loss, "parameters": parameters, "logits": logits}


def train_jax(options, images, labels):
    """Trains with one jitted step for gradients and Adam, whose buffers are donated; the rows are resident."""
    import jax
    import numpy
    from jax import numpy as jnp

    network, weights = networks.jax_network(options.notation)
    logits = numpy.asarray(network(weights, images[: options.compared])[0])
    images, labels = jnp.asarray(images), jnp.asarray(labels)
    rate, decay, square_decay, epsilon = 0.001, 0.9, 0.999, 1e-7  # Keras's Adam

    def batch_loss(weights, images, labels, key):
        logits, updated = network(weights, images, key)
        chosen = jnp.take_along_axis(jax.nn.log_softmax(logits), labels[:, None], axis=1)
        return -jnp.mean(chosen), updated

    def step(state, total, images, labels, rows):
        weights, means, squares, count, key = state
        key, mask = jax.random.split(key)
        gradient = jax.value_and_grad(batch_loss, has_aux=True)
        # The moving statistics have no gradient: Adam leaves them as `updated` has them.
        (loss, updated), slopes = gradient(weights, images[rows], labels[rows], mask)
        count += 1
        means = [decay * mean + (1 - decay) * slope for mean, slope in zip(means, slopes)]
        squares = [square_decay * square + (1 - square_decay) * slope**2 for square, slope in zip(squares, slopes)]
        size = rate * jnp.sqrt(1 - square_decay**count) / (1 - decay**count)
        moved = zip(updated, means, squares)
        weights = [weight - size * mean / (jnp.sqrt(square) + epsilon) for weight, mean, square in moved]
        return (weights, means, squares, count, key), total + loss * len(rows)

    step = jax.jit(step, donate_argnums=(0, 1))
    zeros = lambda: [jnp.zeros_like(weight) for weight in weights]
    state = (weights, zeros(), zeros(), jnp.zeros(()), jax.random.key(1))
    random = numpy.random.default_rng(1)
    seconds = []
    for _ in range(options.epochs):
        start = time.perf_counter()
        total = jnp.zeros(())
        order = random.permutation(len(images))
        for first in range(0, len(order), options.batch):
            state, total = step(state, total, images, labels, order[first : first + options.batch])
        loss = float(total) / len(images)
        seconds.append(time.perf_counter() - start)
    parameters = networks.parameter_count(options.notation)
    return {"seconds": seconds, "loss": loss, "parameters": parameters, "logits": logits}


TRAINERS = {
    "Keras": train_keras,
    "PyTorch": train_torch,
    "PyTorch compiled": lambda options, images, labels: train_torch(options, images, labels, mode="default"),
    "PyTorch bfloat16": lambda options, images, labels: train_torch(options, images, labels, bfloat16=True),
    "JAX": train_jax,
}
