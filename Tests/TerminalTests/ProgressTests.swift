import Foundations
import Synchronization
import Testing
@testable import Terminal

@Suite struct ProgressBarTests {
  private static func bar() -> ProgressBar {
    var bar = ProgressBar(
      label: "epoch 3/12", completed: 0, total: 37_800, unit: "images", detail: "loss 0.0812")
    bar.advance(to: 0, at: 0)
    bar.advance(to: 23_436, at: 1)
    return bar
  }

  @Test func wholeLine() {
    let line = Self.bar().rendered(width: 100, style: .init())
    let expected =
      "epoch 3/12 ━━━━━━━━━━━━━━╸           62%  23,436/37,800 images  23,400/s  0:01 left  loss 0.0812"
    #expect(line == expected)
    let ascii = Self.bar().rendered(width: 100, style: .init(isUnicode: false))
    #expect(ascii == expected.replacing("━", with: "=").replacing("╸", with: ">"))
  }

  @Test(arguments: [0, 1, 17_000, 37_799, 37_800, 99_999_999])
  func neverWiderThanTheTerminal(completed: Int) {
    var bar = Self.bar()
    bar.advance(to: completed, at: 100)
    for width in 0...200 {
      for isUnicode in [true, false] {
        let line = bar.rendered(width: width, labelWidth: 14, style: .init(isUnicode: isUnicode))
        #expect(line.count <= width)
      }
    }
  }

  @Test func colourAddsNoColumns() {
    let bar = Self.bar()
    let plain = bar.rendered(width: 90, style: .init())
    let coloured = bar.rendered(width: 90, style: .init(usesColor: true))
    let stripped = coloured.replacing(#/\u{1B}\[[0-9]*m/#, with: "")
    #expect(coloured != plain)
    #expect(stripped.count == plain.count)
  }

  @Test func narrowLinesKeepWhatMattersMost() {
    let bar = Self.bar()
    #expect(bar.rendered(width: 70, style: .init()).hasSuffix("62%  23,400/s  0:01 left  loss 0.0812"))
    #expect(bar.rendered(width: 40, style: .init()).hasSuffix(" 62%  0:01 left"))
    #expect(bar.rendered(width: 15, style: .init()) == "epoch 3/12  62%")
    #expect(bar.rendered(width: 4, style: .init()) == "epoc")
  }

  @Test func rateIsSmoothedAndKeptInTheNextEpoch() throws {
    var bar = ProgressBar()
    bar.advance(to: 0, at: 0)
    #expect(bar.rate == nil)
    bar.advance(to: 100, at: 1)
    #expect(bar.rate == 100)
    for second in 2...30 { bar.advance(to: 100 + (second - 1) * 200, at: Double(second)) }
    #expect(try abs(#require(bar.rate) - 200) < 1)
    let before = bar.rate
    bar.advance(to: 0, at: 31)
    #expect(bar.rate == before)
    bar.advance(to: 10, at: 31.01)
    #expect(bar.rate == before)
  }

  @Test func oddTotals() {
    let empty = ProgressBar(label: "x", completed: 0, total: 0, unit: "images")
    #expect(empty.rendered(width: 60, style: .init()).hasSuffix("  0%"))
    let beyond = ProgressBar(label: "x", completed: 9, total: 3, unit: "images")
    #expect(beyond.rendered(width: 60, style: .init()).contains("100%"))
    let below = ProgressBar(label: "x", completed: -9, total: 3, unit: "images")
    #expect(below.rendered(width: 60, style: .init()).contains("  0%"))
  }
}

@Suite struct ClockTimeTests {
  @Test func extremes() {
    #expect(clockTime(.nan) == "0:00")
    #expect(clockTime(.infinity) == "0:00")
    #expect(clockTime(-1) == "0:00")
  }

  @Test(arguments: [(7.9, "0:07"), (754, "12:34"), (3723, "1:02:03"), (360_000, "100:00:00")])
  func clock(seconds: Double, text: String) { #expect(clockTime(seconds) == text) }
}

/// What a report writes to the terminal, and a clock that the test sets.
private final class Recorder: Sendable {
  let text = Mutex("")
  let writes = Mutex(0)
  let time = Mutex(0.0)

  func report(lanes: Int = 1, form: ProgressReport.Form, columns: Int = 60, rows: Int = 24) -> ProgressReport
  {
    let stream = ErrorStream { [self] written in
      text.withLock { $0 += written }
      writes.withLock { $0 += 1 }
    }
    return ProgressReport(
      lanes: lanes, form: form, stream: stream, size: { (columns, rows) },
      clock: { [self] in time.withLock { $0 } })
  }

  var all: String { text.withLock { $0 } }
}

@Suite struct ProgressReportTests {
  private static let bars = ProgressReport.Form.bars(.init(isUnicode: true, usesColor: false))

  private func update(_ report: ProgressReport, lane: Int = 0, _ completed: Int) {
    report.update(
      lane: lane, label: "member \(lane + 1)", completed: completed, total: 100, unit: "images", detail: "")
  }

  @Test func quietPrintsNothing() {
    let recorder = Recorder()
    let report = recorder.report(form: .none)
    update(report, 1)
    report.line("epoch 1")
    report.finish()
    #expect(recorder.all == "")
  }

  @Test func linesHaveNoEscapeSequences() {
    let recorder = Recorder()
    let report = recorder.report(form: .lines)
    update(report, 1)
    report.line("epoch 1 \u{1B}[2J")
    #expect(recorder.all == "epoch 1 \\u{1B}[2J\n")
    recorder.time.withLock { $0 = 31 }
    update(report, 50)
    update(report, 51)
    report.finish()
    #expect(recorder.all == "epoch 1 \\u{1B}[2J\nmember 1  50%   50/100 images     1.5/s  0:32 left\n")
  }

  @Test func redrawsAtMostFifteenTimesASecond() {
    let recorder = Recorder()
    let report = recorder.report(form: Self.bars)
    for step in 0..<1000 {
      recorder.time.withLock { $0 = Double(step) / 1000 }
      update(report, step / 10)
    }
    let frames = recorder.writes.withLock { $0 }
    #expect((10...15).contains(frames))
  }

  /// Each frame ends with the cursor where it began, so that erasing to the end of the screen removes all bars.
  @Test func framesReturnToTheirStart() {
    let recorder = Recorder()
    let report = recorder.report(lanes: 3, form: Self.bars)
    for lane in 0..<3 {
      recorder.time.withLock { $0 += 1 }
      update(report, lane: lane, 50)
    }
    report.line("done")
    report.finish()
    let downs = recorder.all.count { $0 == "\n" } - 1
    let ups = recorder.all.matches(of: #/\u{1B}\[([0-9]+)A/#).compactMap { Int($0.output.1) }.reduce(0, +)
    #expect(downs == ups)
    #expect(downs == 0 + 1 + 2 + 2)
    #expect(recorder.all.contains("\r\u{1B}[Jdone\n"))
    #expect(recorder.all.hasSuffix("\r\u{1B}[J"))
  }

  @Test func neverMoreBarsThanRows() {
    let recorder = Recorder()
    let report = recorder.report(lanes: 40, form: Self.bars, rows: 5)
    for lane in 0..<40 {
      recorder.time.withLock { $0 += 1 }
      update(report, lane: lane, 50)
    }
    #expect(recorder.all.contains("\u{1B}[3A"))
    #expect(!recorder.all.contains("\u{1B}[4A"))
  }

  @Test func threadsMayUpdateTogether() async {
    let recorder = Recorder()
    let report = recorder.report(lanes: 4, form: Self.bars)
    await withTaskGroup(of: Void.self) { group in
      for lane in 0..<4 {
        group.addTask {
          for step in 0...100 {
            recorder.time.withLock { $0 += 0.01 }
            update(report, lane: lane, step)
          }
        }
      }
    }
    report.line("end")
    #expect(recorder.all.contains("end\n"))
    #expect(recorder.all.hasPrefix("\rmember "))
  }
}
