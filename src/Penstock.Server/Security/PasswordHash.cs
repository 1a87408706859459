using System.Globalization;
using System.Security.Cryptography;

namespace Penstock.Server.Security;

/// <summary>PBKDF2 with HMAC-SHA-256 as it is stored: "pbkdf2-sha256$iterations$salt$hash".</summary>
public sealed record PasswordHash
{
    /// <summary>For a password that a person chose: about 0.1 s of CPU (OWASP Password Storage, 2023: 600,000 for SHA-256).</summary>
    public const int IterationsForChosen = 600_000;

    /// <summary>For 160 random bits, which nobody guesses at any speed: 15,000 stations of a restarted server cost 30 s of CPU instead of half an hour.</summary>
    public const int IterationsForGenerated = 10_000;

    private const string Name = "pbkdf2-sha256";
    private const int SaltBytes = 16;
    private const int HashBytes = 32;
    private readonly int iterations;
    private readonly byte[] salt;
    private readonly byte[] hash;

    private PasswordHash(int iterations, byte[] salt, byte[] hash) => (this.iterations, this.salt, this.hash) = (iterations, salt, hash);

    public static PasswordHash Of(ReadOnlySpan<byte> password, int iterations)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltBytes);
        return new PasswordHash(iterations, salt, Rfc2898DeriveBytes.Pbkdf2(StationPassword.Canonical(password), salt, iterations, HashAlgorithmName.SHA256, HashBytes));
    }

    /// <exception cref="FormatException">The text is no such hash: nothing shorter than what <see cref="Of"/> makes is compared.</exception>
    public static PasswordHash Parse(string text) =>
        text.Split('$') is [Name, var iterations, var salt, var hash]
        && new PasswordHash(int.Parse(iterations, NumberStyles.None, CultureInfo.InvariantCulture), Convert.FromBase64String(salt), Convert.FromBase64String(hash)) is { salt.Length: SaltBytes, hash.Length: HashBytes } read
            ? read
            : throw new FormatException("A stored password hash is \"pbkdf2-sha256$iterations$salt$hash\".");

    public bool Matches(ReadOnlySpan<byte> password) =>
        CryptographicOperations.FixedTimeEquals(Rfc2898DeriveBytes.Pbkdf2(StationPassword.Canonical(password), salt, iterations, HashAlgorithmName.SHA256, hash.Length), hash);

    /// <summary>As stored.</summary>
    public override string ToString() => FormattableString.Invariant($"{Name}${iterations}${Convert.ToBase64String(salt)}${Convert.ToBase64String(hash)}");
}
