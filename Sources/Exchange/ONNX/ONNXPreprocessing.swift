import Augmentation

extension ONNXGraph {
  /// Adds a preprocessing of images `[images, 28, 28]`, by operators that every runtime has.
  ///
  /// Rows stay where they are in every preprocessing, so an image is sampled by a product for each row: of the row, and of
  /// weights that fall from 1 to 0 within a pixel of the place that is asked for, which is linear interpolation, with black
  /// outside. Coordinates are counted from the image's middle, which keeps the moments exact enough in single precision.
  mutating func add(_ preprocessing: Preprocessing, images: Value, side: Int) -> Value {
    guard preprocessing != .none else { return images }
    let name = preprocessing.rawValue
    let coordinates = (0..<side).map { Float($0) - Float(side - 1) / 2 }
    let x = constant("\(name)/x", coordinates, shape: [1, 1, side])
    let y = constant("\(name)/y", coordinates, shape: [1, side, 1])
    let moments = addMoments(name, images, coordinates)
    // slant = both / rows, and no more than a pixel a row; 0 for a single row, whose ink stays then.
    let rows = add(
      "Max", [moments.rows, constant("\(name)/least-rows", [1e-4])], "\(name)/rows-above-0")
    let slant = addClip(name, "slant", add("Div", [moments.both, rows], "\(name)/slope"), -1...1)
    // across · x + slant · (y - row) + column
    let down = add("Sub", [y, moments.row], "\(name)/y-from-row")
    let slanted = add("Mul", [slant, down], "\(name)/slanted")
    var places = x
    if preprocessing == .spread {
      let across = addAcross(name, moments, slant)
      let scaled = add("Mul", [across, x], "\(name)/scaled")
      places = add("Add", [scaled, moments.column], "\(name)/centred")
    }
    places = add("Add", [places, slanted], "\(name)/places")
    return addSampling(name, images, places, coordinates)
  }

  private typealias Moments = (row: Value, column: Value, columns: Value, both: Value, rows: Value)

  /// Centre of mass and central second moments, `[images, 1, 1]` each; those of a blank image don't matter.
  private mutating func addMoments(_ name: String, _ images: Value, _ coordinates: [Float]) -> Moments {
    let side = coordinates.count
    let powers = coordinates.map { [1, $0, $0 * $0] }
    let right = constant("\(name)/powers-x", powers.flatMap { $0 }, shape: [side, 3])
    let left = constant(
      "\(name)/powers-y", (0..<3).flatMap { power in powers.map { $0[power] } }, shape: [3, side])
    let lines = add("MatMul", [images, right], "\(name)/line-sums")
    let sums = add("MatMul", [left, lines], "\(name)/sums")
    let list = add("Reshape", [sums, integers("\(name)/sums-shape", [-1, 9, 1])], "\(name)/sum-list")
    /// The sum of ink · yᵃ · xᵇ.
    func sum(_ a: Int, _ b: Int, _ what: String, _ graph: inout ONNXGraph) -> Value {
      let place = graph.integers("\(name)/place-\(what)", [Int64(3 * a + b)])
      return graph.add("Gather", [list, place], "\(name)/sum-\(what)", [.integer("axis", 1)])
    }
    let ink = sum(0, 0, "ink", &self)
    let mass = add("Max", [ink, constant("\(name)/least-mass", [1])], "\(name)/mass")
    func mean(_ a: Int, _ b: Int, _ what: String, _ graph: inout ONNXGraph) -> Value {
      graph.add("Div", [sum(a, b, what, &graph), mass], "\(name)/mean-\(what)")
    }
    let (row, column) = (mean(1, 0, "y", &self), mean(0, 1, "x", &self))
    func central(_ a: Int, _ b: Int, _ what: String, _ p: Value, _ q: Value, _ graph: inout ONNXGraph)
      -> Value
    {
      let square = graph.add("Mul", [p, q], "\(name)/square-\(what)")
      return graph.add("Sub", [mean(a, b, what, &graph), square], "\(name)/moment-\(what)")
    }
    return (
      row, column, central(0, 2, "xx", column, column, &self), central(1, 1, "xy", row, column, &self),
      central(2, 0, "yy", row, row, &self)
    )
  }

  /// Pixels of the image for a pixel of what `spread` makes of it: by the columns' standard deviation after deskewing.
  private mutating func addAcross(_ name: String, _ moments: Moments, _ slant: Value) -> Value {
    // columns - slant · (2 · both - slant · rows)
    let two = constant("\(name)/two", [2])
    let both = add("Mul", [moments.both, two], "\(name)/2-both")
    let rows = add("Mul", [slant, moments.rows], "\(name)/slant-rows")
    let less = add("Mul", [slant, add("Sub", [both, rows], "\(name)/difference")], "\(name)/less")
    let variance = add("Sub", [moments.columns, less], "\(name)/upright-variance")
    let least = constant("\(name)/least-variance", [Float(Preprocessing.spreadLeastVariance)])
    let deviation = add("Sqrt", [add("Max", [variance, least], "\(name)/variance")], "\(name)/deviation")
    let wanted = constant("\(name)/wanted-deviation", [Float(Preprocessing.spreadDeviation)])
    let range = Preprocessing.spreadRange
    return addClip(
      name, "across", add("Div", [deviation, wanted], "\(name)/ratio"),
      Float(range.lowerBound)...Float(range.upperBound))
  }

  private mutating func addClip(
    _ name: String, _ what: String, _ value: Value, _ range: ClosedRange<Float>
  ) -> Value {
    let least = constant("\(name)/least-\(what)", [range.lowerBound])
    let most = constant("\(name)/most-\(what)", [range.upperBound])
    return add("Clip", [value, least, most], "\(name)/\(what)")
  }

  /// Each row of the images at the places `[images, 28, 28]` in it, by linear interpolation.
  private mutating func addSampling(
    _ name: String, _ images: Value, _ places: Value, _ coordinates: [Float]
  ) -> Value {
    let pixels = constant("\(name)/pixels", coordinates, shape: [1, 1, 1, coordinates.count])
    let last = integers("\(name)/last-axis", [3])
    let wide = add("Unsqueeze", [places, last], "\(name)/places-column")
    let distance = add("Abs", [add("Sub", [wide, pixels], "\(name)/offsets")], "\(name)/distances")
    let one = constant("\(name)/one", [1])
    let weights = add("Relu", [add("Sub", [one, distance], "\(name)/nearness")], "\(name)/weights")
    let column = add("Unsqueeze", [images, last], "\(name)/images-column")
    let sampled = add("MatMul", [weights, column], "\(name)/sampled-column")
    return add("Squeeze", [sampled, last], "\(name)/sampled")
  }
}
