using System.Globalization;
using System.Text;

namespace Penstock.Cli.Bench;

/// <summary>Makes a bad message of a good one: one to three faults, each of a kind that stations, links or attackers produce.</summary>
internal sealed class OcppMutation(Random draw)
{
    private static readonly string[] Nonsense =
    [
        "null", "true", "-1", "0", "1e999", "-1e308", "123456789012345678901234567890", "0.1e-400", "\"\"", "\"\\ud800\"", "\"\\u0000\"", "\"Bored\"", "[]", "{}", "[[[[[[[[]]]]]]]]", "{\"a\":{\"a\":{\"a\":{}}}}",
        "\"" + new string('x', 3000) + "\"", "\"9999-99-99T99:99:99Z\"", "\"0001-01-01T00:00:00+14:00\"", "\"9999-12-31T23:59:59-14:00\"", "2147483648", "-2147483649", "79228162514264337593543950336",
    ];

    private static readonly string Deep = string.Concat(Enumerable.Repeat("[", 200)), DeepObjects = string.Concat(Enumerable.Repeat("{\"a\":", 200));

    /// <summary>One input in sixteen stays as it is: a valid message must stay one.</summary>
    internal byte[] Of(byte[] frame)
    {
        var made = frame;
        for (var faults = draw.Next(16) == 0 ? 0 : 1 + draw.Next(3); faults > 0; faults--) made = One(made);
        return made;
    }

    private byte[] One(byte[] frame) => frame.Length == 0 ? frame : draw.Next(10) switch
    {
        0 => Flipped(frame),
        1 => frame[..draw.Next(frame.Length)],
        2 => Spliced(frame, draw.Next(frame.Length), 0, Encoding.UTF8.GetBytes(draw.Next(2) == 0 ? Deep : DeepObjects)),
        3 or 4 or 5 => Value(frame, () => Nonsense[draw.Next(Nonsense.Length)]),
        6 => Value(frame, () => draw.NextInt64(long.MinValue, long.MaxValue).ToString(CultureInfo.InvariantCulture)),
        7 => Doubled(frame),
        8 => Spliced(frame, draw.Next(frame.Length), 0, [0xed, 0xa0, 0x80]), // a lone surrogate in UTF-8
        _ => Spliced(frame, draw.Next(frame.Length), Math.Min(draw.Next(20), frame.Length / 2), []),
    };

    private byte[] Flipped(byte[] frame)
    {
        var made = (byte[])frame.Clone();
        for (var n = 1 + draw.Next(4); n > 0; n--) made[draw.Next(made.Length)] ^= (byte)(1 << draw.Next(8));
        return made;
    }

    /// <summary>Puts something else in the place of a value behind a colon or comma.</summary>
    private byte[] Value(byte[] frame, Func<string> other)
    {
        var from = Array.FindIndex(frame, draw.Next(frame.Length), b => b is (byte)':' or (byte)',');
        if (from < 0) return Flipped(frame);
        var end = Array.FindIndex(frame, from + 1, b => b is (byte)',' or (byte)'}' or (byte)']');
        return end < 0 ? Flipped(frame) : Spliced(frame, from + 1, end - from - 1, Encoding.UTF8.GetBytes(other()));
    }

    /// <summary>Says a stretch twice: duplicate keys and elements where it falls so.</summary>
    private byte[] Doubled(byte[] frame)
    {
        var from = Array.FindIndex(frame, draw.Next(frame.Length), b => b is (byte)',' or (byte)'{');
        if (from < 0) return Flipped(frame);
        var end = Array.FindIndex(frame, from + 1, b => b is (byte)',' or (byte)'}');
        return end < 0 ? Flipped(frame) : Spliced(frame, end, 0, [(byte)',', .. frame.AsSpan(from + 1, end - from - 1)]);
    }

    private static byte[] Spliced(byte[] frame, int at, int gone, byte[] put) => [.. frame.AsSpan(0, at), .. put, .. frame.AsSpan(Math.Min(frame.Length, at + gone))];
}
