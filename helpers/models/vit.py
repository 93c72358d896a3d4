"""A vision transformer in plain Keras layers, small enough to be read and trained on a laptop."""

from helpers.deep import keras

layers = keras.layers


def vit(
    input_shape=(224, 224, 3),
    *,
    patch=16,
    width=96,
    depth=4,
    heads=4,
    include_top=False,
    weights=None,
    name="vit",
):
    """Cut the image into patches, turn each into a vector (a token), and let tokens look at each other.

    Parameters
    ----------
    input_shape : (height, width, channels); what does not fill a patch at the right or lower edge is left out.
    patch : pixels along each side of a patch.
    width : numbers in a token. depth : transformer blocks. heads : attention heads a block.
    include_top, weights : as in `keras.applications`; only False and None are known here.

    Returns
    -------
    keras.Model, images -> the tokens as a feature map (n, height // patch, width // patch, width). There is no class
    token: classifiers take the mean over the tokens.

    References
    ----------
    A. Dosovitskiy et al., An image is worth 16x16 words, arXiv 2010.11929. Normalisation comes before each part of a
    block; positions are learnt.
    """
    if include_top or weights is not None:
        raise ValueError("the compact ViT has no top and no weights of its own")
    image = layers.Input(input_shape, name="image")
    grid = layers.Conv2D(width, patch, strides=patch, name="patches")(image)  # a linear map of each patch
    rows, columns = grid.shape[1:3]
    tokens = layers.Reshape((rows * columns, width), name="tokens")(grid)
    tokens = Positions(name="positions")(tokens)
    for block in range(1, depth + 1):
        x = layers.LayerNormalization(epsilon=1e-6, name=f"block{block}_norm1")(tokens)
        x = layers.MultiHeadAttention(heads, width // heads, name=f"block{block}_attention")(x, x)
        tokens = layers.Add(name=f"block{block}_add1")([tokens, x])
        x = layers.LayerNormalization(epsilon=1e-6, name=f"block{block}_norm2")(tokens)
        x = layers.Dense(4 * width, activation="gelu", name=f"block{block}_dense1")(x)
        x = layers.Dense(width, name=f"block{block}_dense2")(x)
        tokens = layers.Add(name=f"block{block}_add2")([tokens, x])
    tokens = layers.LayerNormalization(epsilon=1e-6, name="norm")(tokens)
    return keras.Model(image, layers.Reshape((rows, columns, width), name="grid")(tokens), name=name)


@keras.saving.register_keras_serializable(package="course")
class Positions(layers.Layer):
    """Adds a learnt vector to each token: attention alone does not know where a token stood."""

    def build(self, shape):
        self.table = self.add_weight(
            shape=shape[1:], initializer=keras.initializers.RandomNormal(stddev=0.02)
        )

    def call(self, tokens):
        return tokens + self.table
