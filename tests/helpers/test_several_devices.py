"""Training on several devices: two logical CPUs stand for two GPUs, in a process of their own."""

import json
import subprocess
import sys

CODE = """
import json
import numpy as np
import tensorflow as tf

(cpu,) = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
from helpers.deep import keras
from helpers.training import fit, fitting

strategies, usual = [], tf.distribute.MirroredStrategy



def mirrored(devices):
    strategies.append(usual(devices, cross_device_ops=tf.distribute.ReductionToOneDevice()))  # no GPUs' own network
    return strategies[-1]


tf.distribute.MirroredStrategy = mirrored


def network():
    keras.utils.set_random_seed(7)
    return keras.Sequential([
        keras.Input((8, 8, 1)),
        keras.layers.Conv2D(3, 3, name="frozen", trainable=False),
        keras.layers.Flatten(),
        keras.layers.Dropout(0.0),
        keras.layers.Dense(2, activation="softmax"),
    ])


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.inner = network()

    def build(self, shape):
        self.inner.build(shape)

    def call(self, inputs):
        return self.inner(inputs)

    input_shape, output_shape = (None, 8, 8, 1), (None, 2)


rng = np.random.default_rng(7)
images = rng.random((50, 8, 8, 1), np.float32)
labels = (images[:, :4].mean((1, 2, 3)) > 0.5).astype(int)
found = {}
for name, gpus in (("one", []), ("two", ["CPU:0", "CPU:1"])):
    fitting._gpus = lambda: gpus
    model = network()
    before = model.get_layer("frozen").get_weights()
    history = fit(model, (images, labels), (images, labels), epochs=2, batch_size=16, learning_rate=0.01,
                  class_weights=[1, 2], progress=True)
    same = all((old == new).all() for old, new in zip(before, model.get_layer("frozen").get_weights()))
    loss = model.evaluate(images, labels, batch_size=50, verbose=0)[0]
    found[name] = {"history": history.to_dict("list"), "frozen": same, "loss": loss}
fitting._gpus = lambda: ["CPU:0", "CPU:1"]
subclassed = Subclassed()
subclassed.build((None, 8, 8, 1))
fit(subclassed, (images, labels), (images, labels), epochs=1, progress=False)
fit(network(), (images, labels), (images, labels), epochs=1, batch_size=25, progress=False)
found["replicas"] = [strategy.num_replicas_in_sync for strategy in strategies]
print(json.dumps(found))
"""


def test_two_devices_share_each_batch_and_find_what_one_finds(root):
    for _ in range(3):  # TensorFlow 2.21 itself crashes now and then with logical CPUs
        done = subprocess.run([sys.executable, "-c", CODE], cwd=root, capture_output=True, text=True)
        if done.returncode >= 0:
            break
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["replicas"] == [2], (
        "one strategy, for the model that can be copied and the batch that can be halved"
    )
    one, two = found["one"], found["two"]
    assert one["frozen"] and two["frozen"]
    for name, values in one["history"].items():
        assert max(abs(a - b) for a, b in zip(values, two["history"][name])) < 1e-4, name
    best = min(two["history"]["val_loss"])
    assert abs(two["loss"] - best) < 1e-4, "the model that was given has the weights of the best epoch"
    assert "CPU: 100%" in done.stderr and "2 GPU: 100%" in done.stderr, "the device is named"
